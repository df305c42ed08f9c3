import type { Request, Response } from 'express';
import { type GroupRunSpec, MAX_SPEC_BYTES } from '../../contract/group-run.ts';
import { jobId } from '../../contract/ids.ts';
import {
  ACCEPTED_AT_ANNOTATION,
  ALLOW_ANNOTATION,
  CALLER_ANNOTATION,
  REQUEST_ANNOTATION,
  TRACEPARENT_ANNOTATION,
} from '../../contract/labels.ts';
import { parameterCopiesProblem } from '../../contract/parameter-copies.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { storedBytes } from '../../contract/stored-size.ts';
import { authorize, authorizeRun } from '../auth/access.ts';
import { allowToStore } from '../auth/allow.ts';
import type { Deps, TriggerOutcome } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { HttpError } from '../http/http-error.ts';
import { checkCaps } from '../runs/active-runs.ts';
import type { DryRun } from '../views/schemas.ts';
import { parseKey, runIdFromKey } from './idempotency.ts';

const REUSED = 'This Idempotency-Key was used for another request. Nothing was started; use a new key.';
/** Kubernetes permits 256 KiB of annotations. One `allow` fits, but a rerun can have several. */
const MAX_ALLOW_BYTES = 200_000;

/** What to start, and for which group. */
export interface TriggerRequest {
  /** Name of the group of jobs, which the caller must be allowed to trigger. */
  group: string;
  /** The run that it repeats, whose protection the new run keeps. */
  repeats?: RunRecord;
  /** Equal for equal requests; stored with the run to detect a reused key. */
  fingerprint: string;
  /** The spec of the run. Throws an HttpError if nothing can be started. */
  resolve: () => GroupRunSpec | Promise<GroupRunSpec>;
}

/**
 * Stores a run and responds 202. With an Idempotency-Key a repetition gets the same response, even if its group has changed
 * or a cap is reached. The only check is the API server's: create fails if the run exists.
 */
export async function accept(deps: Deps, request: Request, response: Response, trigger: TriggerRequest): Promise<void> {
  let outcome: TriggerOutcome = 'failed';
  try {
    outcome = await storeRun(deps, request, response, trigger);
  } catch (error) {
    if (error instanceof HttpError) outcome = 'refused';
    throw error;
  } finally {
    deps.metrics.trigger(outcome);
  }
}

async function storeRun(
  deps: Deps,
  request: Request,
  response: Response,
  trigger: TriggerRequest,
): Promise<TriggerOutcome> {
  const { runs, newRunId } = deps;
  const context = contextOf(response);
  await authorize(deps, response, 'create', trigger.group);
  const key = request.get('idempotency-key');
  const runId = key === undefined ? newRunId() : runIdFromKey(context.caller.name, parseKey(key));
  const replay = async (run: RunRecord): Promise<TriggerOutcome> => {
    if (run.metadata.annotations?.[REQUEST_ANNOTATION] !== trigger.fingerprint) throw new HttpError(422, REUSED);
    await authorizeRun(deps, response, 'create', run);
    response.set('Idempotency-Replayed', 'true');
    respondAccepted(response, runId, run.spec.jobs.length);
    return 'replayed';
  };
  let prepared: PreparedRun;
  try {
    prepared = await prepareRun(deps, response, trigger);
  } catch (error) {
    const existing = key === undefined ? undefined : await runs.findLatest(runId, context.rateLimitKey);
    if (existing) return replay(existing);
    throw error;
  }
  const { spec, annotations } = prepared;
  const existing = await runs.create(runId, spec, annotations);
  // Without a key the run id is random, so the existing run is ours: the create was sent twice, and its first response lost.
  if (existing && key !== undefined) return replay(existing);
  context.run = runId;
  context.log('run accepted', { run: runId, group: spec.group, jobs: spec.jobs.length, rerunOf: spec.rerunOf });
  respondAccepted(response, runId, spec.jobs.length);
  return 'accepted';
}

/**
 * Checks what `accept` checks, the API server included, and responds 200 with what would run. Stores nothing, and does not ask whether
 * an Idempotency-Key was used.
 */
export async function dryRun(deps: Deps, request: Request, response: Response, trigger: TriggerRequest): Promise<void> {
  await authorize(deps, response, 'create', trigger.group);
  const key = request.get('idempotency-key');
  if (key !== undefined) parseKey(key);
  const { spec, annotations } = await prepareRun(deps, response, trigger);
  await deps.runs.check(deps.newRunId(), spec, annotations);
  const jobs = spec.jobs.map(({ name }) => name);
  response
    .set('Cache-Control', 'no-store')
    .json({ group: spec.group, parameters: spec.parameters ?? {}, jobs } satisfies DryRun);
}

interface PreparedRun {
  spec: GroupRunSpec;
  annotations: Record<string, string>;
}

/** The run to store. Throws an HttpError if nothing can be started, it is too large (422), or a cap is reached (429). */
async function prepareRun(
  { runs, catalog, caps }: Deps,
  response: Response,
  trigger: TriggerRequest,
): Promise<PreparedRun> {
  const { caller, traceparent } = contextOf(response);
  const spec = await trigger.resolve();
  const allow = allowToStore(catalog().get(spec.group)?.allow, trigger.repeats);
  checkSize(spec, allow);
  checkCaps(runs.active, caps, trigger.group);
  const annotations = {
    [REQUEST_ANNOTATION]: trigger.fingerprint,
    [CALLER_ANNOTATION]: caller.name,
    ...(allow && { [ALLOW_ANNOTATION]: allow }),
    [ACCEPTED_AT_ANNOTATION]: new Date().toISOString(),
    ...(traceparent && { [TRACEPARENT_ANNOTATION]: traceparent }),
  };
  return { spec, annotations };
}

/** Throws an HttpError (422) if the run would be too large for one Kubernetes object, or its Jobs for etcd. */
function checkSize(spec: GroupRunSpec, allow: string | undefined): void {
  const allowBytes = allow === undefined ? 0 : storedBytes(allow);
  const bytes = storedBytes(spec) + allowBytes;
  if (bytes > MAX_SPEC_BYTES || allowBytes > MAX_ALLOW_BYTES) {
    const limit = `${MAX_SPEC_BYTES} bytes of definitions, parameters and allow, of which ${MAX_ALLOW_BYTES} of allow`;
    const expected = `Expected at most ${limit}, got ${bytes} and ${allowBytes}`;
    throw new HttpError(422, `${expected}. Nothing was started; split the group.`);
  }
  const problem = parameterCopiesProblem(spec);
  if (problem) throw new HttpError(422, `${problem}. Nothing was started; shorten the parameters or split the group.`);
}

/** 202 with the path of each job's status, and the run's in Location. */
function respondAccepted(response: Response, runId: string, jobCount: number): void {
  const paths = Array.from({ length: jobCount }, (_, index) => `/status/${jobId(runId, index + 1)}`);
  response
    .status(202)
    .set({ Location: `/runs/${runId}`, 'Retry-After': '1', 'Cache-Control': 'no-store' })
    .json({ 'Check job status at': paths });
}
