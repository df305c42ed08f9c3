import type { Request, Response } from 'express';
import { type GroupRun, type GroupRunSpec, MAX_SPEC_BYTES } from '../../contract/group-run.ts';
import { jobId } from '../../contract/ids.ts';
import { CALLER, REQUEST, TRACEPARENT } from '../../contract/labels.ts';
import { storedBytes } from '../../contract/stored-size.ts';
import { authorize } from '../auth/access.ts';
import type { Deps } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { Refusal } from '../http/http-error.ts';
import type { Outcome } from '../metrics.ts';
import { checkCaps } from '../runs/active-runs.ts';
import { keyedBase, parseKey } from './idempotency.ts';

const REUSED = 'This Idempotency-Key was used for another request. Nothing was started; use a new key.';

/** What a caller wants. */
export interface Wish {
  /** The group of jobs; the caller must be allowed to trigger it. */
  group: string;
  /** Tells this wish from any other. */
  fingerprint: string;
  /** What to start. Throws a Refusal where nothing can be. */
  resolve: () => GroupRunSpec;
}

/**
 * Stores a run and answers 202. With an Idempotency-Key the API server's create is the only check: where the run is there
 * already, the answer is the same again, whatever could be started by now.
 */
export async function accept(deps: Deps, exchange: [Request, Response], wish: Wish): Promise<void> {
  let outcome: Outcome = 'failed';
  try {
    outcome = await store(deps, exchange, wish);
  } catch (error) {
    if (error instanceof Refusal) outcome = 'refused';
    throw error;
  } finally {
    deps.metrics.trigger(outcome);
  }
}

async function store(deps: Deps, [request, response]: [Request, Response], wish: Wish): Promise<Outcome> {
  const { runs, newBase, caps } = deps;
  const context = contextOf(response);
  await authorize(deps, response, 'create', wish.group);
  const key = request.get('idempotency-key');
  const base = key === undefined ? newBase() : keyedBase(context.caller.name, parseKey(key));
  const replay = (run: GroupRun): Outcome => {
    if (run.metadata.annotations?.[REQUEST] !== wish.fingerprint) throw new Refusal(422, REUSED);
    response.set('Idempotency-Replayed', 'true');
    answer(response, base, run.spec.jobs.length);
    return 'replayed';
  };
  let spec: GroupRunSpec;
  try {
    spec = wish.resolve();
    checkSize(spec);
    checkCaps(runs.active, caps, wish.group);
  } catch (refusal) {
    const earlier = key === undefined ? undefined : await runs.find(base);
    if (earlier) return replay(earlier);
    throw refusal;
  }
  const annotations = {
    [REQUEST]: wish.fingerprint,
    [CALLER]: context.caller.name,
    ...(context.traceparent && { [TRACEPARENT]: context.traceparent }),
  };
  const earlier = await runs.create(base, spec, annotations);
  // Without a key nobody else can have made it: our own create was sent twice, and the first answer was lost.
  if (earlier && key !== undefined) return replay(earlier);
  context.run = base;
  context.log('run accepted', { run: base, group: spec.group, jobs: spec.jobs.length, rerunOf: spec.rerunOf });
  answer(response, base, spec.jobs.length);
  return 'accepted';
}

/** Throws a Refusal (422) where the run would be larger than one object of Kubernetes may be. */
function checkSize(spec: GroupRunSpec): void {
  const bytes = storedBytes(spec);
  if (bytes <= MAX_SPEC_BYTES) return;
  const expected = `Expected at most ${MAX_SPEC_BYTES} bytes of definitions and parameters, got ${bytes}`;
  throw new Refusal(422, `${expected}. Nothing was started; split the group.`);
}

/** Where to ask for each job, and for the whole run. */
function answer(response: Response, base: string, jobs: number): void {
  const paths = Array.from({ length: jobs }, (_, index) => `/status/${jobId(base, index + 1)}`);
  response
    .status(202)
    .set({ Location: `/runs/${base}`, 'Retry-After': '1', 'Cache-Control': 'no-store' })
    .json({ 'Check job status at': paths });
}
