import type { Request, Response } from 'express';
import { type GroupRun, type GroupRunSpec, MAX_SPEC_BYTES } from '../../contract/group-run.ts';
import { jobId } from '../../contract/ids.ts';
import { CALLER_ANNOTATION, REQUEST_ANNOTATION, TRACEPARENT_ANNOTATION } from '../../contract/labels.ts';
import { storedBytes } from '../../contract/stored-size.ts';
import { authorize } from '../auth/access.ts';
import type { Deps, TriggerOutcome } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { HttpError } from '../http/http-error.ts';
import { checkCaps } from '../runs/active-runs.ts';
import { parseKey, runIdFromKey } from './idempotency.ts';

const REUSED = 'This Idempotency-Key was used for another request. Nothing was started; use a new key.';

/** What a caller wants. */
export interface TriggerRequest {
  /** The group of jobs; the caller must be allowed to trigger it. */
  group: string;
  /** Tells this wish from any other. */
  fingerprint: string;
  /** What to start. Throws an HttpError where nothing can be. */
  resolve: () => GroupRunSpec;
}

/**
 * Stores a run and answers 202. With an Idempotency-Key the API server's create is the only check: where the run is there
 * already, the answer is the same again, whatever could be started by now.
 */
export async function accept(deps: Deps, request: Request, response: Response, trigger: TriggerRequest): Promise<void> {
  let outcome: TriggerOutcome = 'failed';
  try {
    outcome = await store(deps, request, response, trigger);
  } catch (error) {
    if (error instanceof HttpError) outcome = 'refused';
    throw error;
  } finally {
    deps.metrics.trigger(outcome);
  }
}

async function store(
  deps: Deps,
  request: Request,
  response: Response,
  trigger: TriggerRequest,
): Promise<TriggerOutcome> {
  const { runs, newRunId, caps } = deps;
  const context = contextOf(response);
  await authorize(deps, response, 'create', trigger.group);
  const key = request.get('idempotency-key');
  const runId = key === undefined ? newRunId() : runIdFromKey(context.caller.name, parseKey(key));
  const replay = (run: GroupRun): TriggerOutcome => {
    if (run.metadata.annotations?.[REQUEST_ANNOTATION] !== trigger.fingerprint) throw new HttpError(422, REUSED);
    response.set('Idempotency-Replayed', 'true');
    answer(response, runId, run.spec.jobs.length);
    return 'replayed';
  };
  let spec: GroupRunSpec;
  try {
    spec = trigger.resolve();
    checkSize(spec);
    checkCaps(runs.active, caps, trigger.group);
  } catch (error) {
    const earlier = key === undefined ? undefined : await runs.find(runId);
    if (earlier) return replay(earlier);
    throw error;
  }
  const annotations = {
    [REQUEST_ANNOTATION]: trigger.fingerprint,
    [CALLER_ANNOTATION]: context.caller.name,
    ...(context.traceparent && { [TRACEPARENT_ANNOTATION]: context.traceparent }),
  };
  const earlier = await runs.create(runId, spec, annotations);
  // Without a key nobody else can have made it: our own create was sent twice, and the first answer was lost.
  if (earlier && key !== undefined) return replay(earlier);
  context.run = runId;
  context.log('run accepted', { run: runId, group: spec.group, jobs: spec.jobs.length, rerunOf: spec.rerunOf });
  answer(response, runId, spec.jobs.length);
  return 'accepted';
}

/** Throws an HttpError (422) where the run would be larger than one object of Kubernetes may be. */
function checkSize(spec: GroupRunSpec): void {
  const bytes = storedBytes(spec);
  if (bytes <= MAX_SPEC_BYTES) return;
  const expected = `Expected at most ${MAX_SPEC_BYTES} bytes of definitions and parameters, got ${bytes}`;
  throw new HttpError(422, `${expected}. Nothing was started; split the group.`);
}

/** Where to ask for each job, and for the whole run. */
function answer(response: Response, runId: string, jobs: number): void {
  const paths = Array.from({ length: jobs }, (_, index) => `/status/${jobId(runId, index + 1)}`);
  response
    .status(202)
    .set({ Location: `/runs/${runId}`, 'Retry-After': '1', 'Cache-Control': 'no-store' })
    .json({ 'Check job status at': paths });
}
