import { isTerminal } from '../../contract/group-run.ts';
import { isRetried } from './failure.ts';
import { hasOutcome, isOver, type ObservedRun, observedJobs } from './observed.ts';
import { isFinished } from './pods.ts';
import { isOutlived } from './sidecar.ts';
import { stopCause } from './stop.ts';
import type { Job, Pod } from './types.ts';

/** What is left of jobs whose end is stored. */
export interface CleanUp {
  /** All Jobs of a run that ended long enough ago. */
  together: Job[];
  /** Jobs that would go on although their job is over: other containers keep their pod alive, or a late create made them. */
  singly: Job[];
  /** When the Jobs of the run are to be deleted, milliseconds since the epoch; Infinity if it has none, or is not over. */
  nextAt: number;
}

/** `jobTtlSeconds` is how long the Jobs of a run stay after its end, so that their logs can be read. */
export function jobsToCleanUp(observed: ObservedRun, jobTtlSeconds: number, now: Date): CleanUp {
  const { status } = observed.run;
  const left = observedJobs(observed).flatMap((one) =>
    one.job && !one.deleted && !one.job.metadata.deletionTimestamp ? { ...one, job: one.job } : [],
  );
  const isRunOver = status !== undefined && isTerminal(status.state);
  const dueAt =
    isRunOver && left.length > 0
      ? Date.parse(status.finishedAt ?? '') + jobTtlSeconds * 1000
      : Number.POSITIVE_INFINITY;
  // An end that is not known (NaN) was long ago.
  if (!(dueAt > now.getTime())) {
    return { together: left.map(({ job }) => job), singly: [], nextAt: Number.POSITIVE_INFINITY };
  }
  return {
    together: [],
    singly: left.filter((one) => isOver(one) && goesOn(one)).map(({ job }) => job),
    nextAt: dueAt,
  };
}

/** Whether this Job may have a process still, or again. */
const goesOn = ({ job, pods }: { job: Job; pods: Pod[] }): boolean => {
  const isStopped = job.spec?.suspend === true && stopCause(job) !== undefined;
  return !hasOutcome(job) && !isStopped && !(pods.length > 0 && pods.every(isFinished));
};

/**
 * Pods to delete one by one: those that still run although their job is over and its Job gone, and those that other containers
 * keep alive although the job's own failed and has another attempt.
 */
export const podsToDelete = (observed: ObservedRun, now: Date): Pod[] =>
  observedJobs(observed).flatMap((one) =>
    one.pods.filter((pod) => {
      if (isFinished(pod) || pod.metadata.deletionTimestamp) return false;
      return isOver(one) ? !one.job || one.deleted : isOutlived(pod, now) && isRetried(one, pod);
    }),
  );
