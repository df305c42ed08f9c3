import type { GroupRun } from '../kube/group-run.ts';
import { isBase, jobId, parseJobId, runBase } from '../kube/ids.ts';
import { unknownJob, unknownRun } from './refusal.ts';
import type { RunStore } from './runs.ts';

/** The run with that id. Throws a Refusal (404) where there is none. */
export async function runById(runs: RunStore, id: string): Promise<GroupRun> {
  const run = isBase(id) ? await runs.find(id) : undefined;
  if (!run || runBase(run.metadata) !== id) throw unknownRun();
  return run;
}

/** The run that a job's id belongs to, and the job's place in it, from 0. Throws the contract's Refusal (404). */
export async function jobById(runs: RunStore, id: string): Promise<{ run: GroupRun; place: number }> {
  const parsed = parseJobId(id);
  const run = parsed && (await runs.find(parsed.base));
  if (!run || parsed.index > run.spec.jobs.length || jobId(runBase(run.metadata), parsed.index) !== id) {
    throw unknownJob();
  }
  return { run, place: parsed.index - 1 };
}
