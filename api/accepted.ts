import type { Response } from 'express';
import { jobId } from '../kube/ids.ts';

/** Answers that a run was accepted: where to ask for each of its jobs, and for the whole of it. */
export function answerAccepted(response: Response, base: string, jobs: number): void {
  const paths = Array.from({ length: jobs }, (_, index) => `/status/${jobId(base, index + 1)}`);
  response
    .status(202)
    .set({ Location: `/runs/${base}`, 'Retry-After': '1', 'Cache-Control': 'no-store' })
    .json({ 'Check job status at': paths });
}
