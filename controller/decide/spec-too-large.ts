import {
  type GroupRunSpec,
  type GroupRunStatus,
  isTerminal,
  type JobStatus,
  MAX_SPEC_BYTES,
} from '../../contract/group-run.ts';
import { parameterCopiesProblem } from '../../contract/parameter-copies.ts';
import { storedBytes } from '../../contract/stored-size.ts';
import { jobIds, type ObservedRun } from './observed.ts';
import { runStatus, SUCCEEDED } from './run-status.ts';

const SPEC_TOO_LARGE = 'SpecTooLarge';

/**
 * The final status of a run whose spec leaves no room in etcd for its results, or whose parameters are too large for its number of
 * jobs; undefined for any other, and once it has a Job. The API rejects such a run, so it was created with kubectl.
 */
export function specTooLargeStatus({ run, jobs }: ObservedRun, now: Date): GroupRunStatus | undefined {
  const previous = new Map(run.status?.jobs?.map((job) => [job.id, job]));
  if (jobs.size > 0 || [...previous.values()].some(({ jobUID }) => jobUID !== undefined)) return undefined;
  const problem = sizeProblem(run.spec);
  if (!problem) return undefined;
  const ids = jobIds(run);
  const failed = run.spec.jobs.map(({ name }, index): JobStatus => {
    const id = ids[index]!;
    const stored = previous.get(id);
    if (stored && isTerminal(stored.state)) return stored;
    return { name, id, state: 'FAILURE', reason: SPEC_TOO_LARGE, finishedAt: now.toISOString() };
  });
  const message = `${problem}. No Job was created; split the run.`;
  const status = runStatus(run, failed, now);
  // The message is told once, not for each job: there may be room for nothing more.
  const conditions = status.conditions?.map((condition) =>
    condition.type === SUCCEEDED ? { ...condition, reason: SPEC_TOO_LARGE, message } : condition,
  );
  return { ...status, ...(conditions && { conditions }) };
}

/** As a sentence without its full stop. A later cancel must not turn an accepted run into one that is too large. */
function sizeProblem({ cancel, cancelJobs, ...accepted }: GroupRunSpec): string | undefined {
  const bytes = storedBytes(accepted);
  if (bytes <= MAX_SPEC_BYTES) return parameterCopiesProblem(accepted);
  return `Expected a spec of at most ${MAX_SPEC_BYTES} bytes, so that the results of its jobs can be stored with it, got ${bytes}`;
}
