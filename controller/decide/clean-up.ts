import { isTerminal } from '../../contract/group-run.ts';
import { isRetried } from './failure.ts';
import { hasOutcome, isOver, type ObservedRun, observedJobs } from './observed.ts';
import { isFinished } from './pods.ts';
import { isOutlived } from './sidecar.ts';
import type { Job, Pod } from './types.ts';

/** What is left of jobs whose result is recorded. */
export interface CleanUp {
  /** Jobs that finish by themselves: they get a TTL. */
  expire: Job[];
  /** Jobs that never finish, as they were stopped. One whose pods have a log stays for as long as a finished one. */
  remove: Job[];
  /** When the next Job is to be removed, milliseconds since the epoch, or Infinity. */
  nextAt: number;
}

export function jobsToCleanUp(observed: ObservedRun, jobTtlSeconds: number, now: Date): CleanUp {
  const over = observedJobs(observed).flatMap(({ job, pods, previous, deleted }) => {
    if (!job || deleted || !previous || !isTerminal(previous.state)) return [];
    const hasLog = pods.length > 0 && pods.every(isFinished);
    return { job, removeAt: hasLog ? Date.parse(previous.finishedAt ?? '') + jobTtlSeconds * 1000 : 0 };
  });
  const stopped = over.filter(({ job }) => !hasOutcome(job) && !job.metadata.deletionTimestamp);
  const isDue = ({ removeAt }: { removeAt: number }) => !(removeAt > now.getTime());
  return {
    expire: over.flatMap(({ job }) => (hasOutcome(job) && job.spec?.ttlSecondsAfterFinished === undefined ? job : [])),
    remove: stopped.filter(isDue).map(({ job }) => job),
    nextAt: Math.min(...stopped.filter((one) => !isDue(one)).map(({ removeAt }) => removeAt), Number.POSITIVE_INFINITY),
  };
}

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
