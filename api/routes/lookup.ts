import type { Response } from 'express';
import type { GroupRun } from '../../contract/group-run.ts';
import { isRunId, jobId, parseJobId, runIdOf } from '../../contract/ids.ts';
import { authorize } from '../auth/access.ts';
import type { Verb } from '../auth/auth.ts';
import type { Deps } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { unknownJob, unknownRun } from '../http/http-error.ts';

type Lookup = Pick<Deps, 'auth' | 'catalog' | 'runs'>;

/** The run with that id. Throws an HttpError where there is none (404), or the caller may not do that with it (403). */
export async function runById(deps: Lookup, response: Response, id: string, verb: Verb = 'get'): Promise<GroupRun> {
  const run = isRunId(id) ? await deps.runs.find(id) : undefined;
  if (!run || runIdOf(run.metadata) !== id) throw unknownRun();
  contextOf(response).run = id;
  await authorize(deps, response, verb, run.spec.group);
  return run;
}

/**
 * The run that a job's id belongs to, and the job's place in it, from 0. Throws an HttpError: the contract's where there is
 * none (404), another where the caller may not do that with it (403).
 */
export async function jobById(
  deps: Lookup,
  response: Response,
  id: string,
  verb: Verb = 'get',
): Promise<{ run: GroupRun; place: number }> {
  const parsed = parseJobId(id);
  const run = parsed && (await deps.runs.find(parsed.runId));
  if (!run || parsed.index > run.spec.jobs.length || jobId(runIdOf(run.metadata), parsed.index) !== id) {
    throw unknownJob();
  }
  contextOf(response).run = parsed.runId;
  await authorize(deps, response, verb, run.spec.group);
  return { run, place: parsed.index - 1 };
}
