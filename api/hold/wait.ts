import type { Request, Response } from 'express';
import { z } from 'zod';
import { queryOf } from '../http/input.ts';
import { RunChanges } from '../runs/run-changes.ts';
import type { RunStore } from '../runs/run-store.ts';
import { type LongLivedDeps, openLongLived } from './long-lived.ts';

/** Other keys are left alone: clients of the earlier service may send some. */
export const WaitQuery = z.object({
  wait: z
    .string()
    // The bound stands in the pattern, so that it stands in the document too.
    .regex(/^(([1-5]?\d|60)s|([1-5]?\d{1,4}|60000)ms)$/, 'expected at most 60s, such as 30s or 500ms')
    .transform((text) => Number.parseInt(text, 10) * (text.endsWith('ms') ? 1 : 1000))
    .optional()
    .describe('Holds the answer until the state is final, or for this long; at most 60s.'),
});

/**
 * What `read` gives once `isOver` says so, or when the caller's `?wait=` is up; at once where there is none. Throws what
 * `read` throws.
 */
export async function waitUntil<T>(
  deps: LongLivedDeps & { runs: Pick<RunStore, 'subscribe'> },
  { request, response }: { request: Request; response: Response },
  runId: string,
  read: () => Promise<T>,
  isOver: (value: T) => boolean,
): Promise<T> {
  const { wait = 0 } = queryOf(WaitQuery, request);
  let value = await read();
  if (wait === 0 || isOver(value)) return value;
  const { signal, release } = openLongLived(deps, response, wait);
  const changes = new RunChanges(deps.runs, runId);
  try {
    do {
      // Also once before the first change: one that came between reading and listening is not missed.
      value = await read();
      if (!isOver(value)) await changes.next(wait, signal);
    } while (!isOver(value) && !signal.aborted);
    return await read();
  } finally {
    changes.close();
    release();
  }
}
