import type { Request, Response } from 'express';
import type { GroupRun, GroupRunSpec } from '../kube/group-run.ts';
import { jobId } from '../kube/ids.ts';
import { CALLER, REQUEST, TRACEPARENT } from '../kube/labels.ts';
import { contextOf } from './context.ts';
import type { Deps } from './deps.ts';
import { keyedBase, parseKey } from './idempotency.ts';
import { Refusal } from './refusal.ts';

const REUSED = 'This Idempotency-Key was used for another request. Nothing was started; use a new key.';

/**
 * Stores a run and answers 202. With an Idempotency-Key the API server's create is the only check: where the run is there
 * already, the answer is the same again. `request` tells one wish from another. `resolve` says what to start, and may
 * throw a Refusal; a run that was accepted before is answered for even so.
 */
export async function accept(
  { runs, newBase }: Pick<Deps, 'runs' | 'newBase'>,
  [incoming, response]: [Request, Response],
  request: string,
  resolve: () => GroupRunSpec,
): Promise<void> {
  const { caller, traceparent, log } = contextOf(response);
  const header = incoming.get('idempotency-key');
  const base = header === undefined ? newBase() : keyedBase(caller, parseKey(header));
  const replay = (run: GroupRun) => {
    if (run.metadata.annotations?.[REQUEST] !== request) throw new Refusal(422, REUSED);
    if (header !== undefined) response.set('Idempotency-Replayed', 'true');
    answer(response, base, run.spec.jobs.length);
  };
  let spec: GroupRunSpec;
  try {
    spec = resolve();
  } catch (refusal) {
    const earlier = header === undefined ? undefined : await runs.find(base);
    if (earlier) return replay(earlier);
    throw refusal;
  }
  const annotations = { [REQUEST]: request, [CALLER]: caller, ...(traceparent && { [TRACEPARENT]: traceparent }) };
  const earlier = await runs.create(base, spec, annotations);
  if (earlier) return replay(earlier);
  log('run accepted', { run: base, group: spec.group, jobs: spec.jobs.length, rerunOf: spec.rerunOf });
  answer(response, base, spec.jobs.length);
}

/** Where to ask for each job, and for the whole run. */
function answer(response: Response, base: string, jobs: number): void {
  const paths = Array.from({ length: jobs }, (_, index) => `/status/${jobId(base, index + 1)}`);
  response
    .status(202)
    .set({ Location: `/runs/${base}`, 'Retry-After': '1', 'Cache-Control': 'no-store' })
    .json({ 'Check job status at': paths });
}
