import type { Request, Response } from 'express';
import { isRunId, jobId, parseJobId, runIdOf } from '../../contract/ids.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { authorizeRun } from '../auth/access.ts';
import type { Verb } from '../auth/auth.ts';
import type { Deps } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { unknownJob, unknownRun } from '../http/http-error.ts';

type Lookup = Pick<Deps, 'auth' | 'catalog' | 'runs'>;

/**
 * The run with this id. Throws an HttpError if there is none (404), the caller asked for too many of which there is none
 * (429), or the caller may not use the verb on it (403).
 */
export async function runById(deps: Lookup, response: Response, id: string, verb: Verb = 'get'): Promise<RunRecord> {
  const run = isRunId(id) ? await deps.runs.find(id, contextOf(response).rateLimitKey) : undefined;
  if (!run || runIdOf(run.metadata) !== id) throw unknownRun();
  contextOf(response).run = id;
  await authorizeRun(deps, response, verb, run);
  return run;
}

/**
 * The run of the job with this id, and the job's index in it, from 0. Throws an HttpError if there is none (404, the
 * contract's text), the caller asked for too many of which there is none (429), or may not use the verb on it (403).
 */
export async function jobById(
  deps: Lookup,
  response: Response,
  id: string,
  verb: Verb = 'get',
): Promise<{ run: RunRecord; index: number }> {
  const parsed = parseJobId(id);
  const run = parsed && (await deps.runs.find(parsed.runId, contextOf(response).rateLimitKey));
  if (!run || parsed.index > run.spec.jobs.length || jobId(runIdOf(run.metadata), parsed.index) !== id) {
    throw unknownJob();
  }
  contextOf(response).run = parsed.runId;
  await authorizeRun(deps, response, verb, run);
  return { run, index: parsed.index - 1 };
}

/** Checks the token of an open response and the right to see its run again. Throws as the first check did. */
export const checkAgain =
  (deps: Lookup, request: Request, response: Response, runId: string) => async (): Promise<void> => {
    contextOf(response).caller = await deps.auth.identify(request);
    await runById(deps, response, runId);
  };
