import { type GroupRun, type GroupRunStatus, isTerminal } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import { truncateStart } from '../../contract/stored-size.ts';
import { blockedCause } from './blocked.ts';
import { type Cause, trueCondition } from './failure.ts';
import { NODE_GRACE_MS, nodeLostAt } from './node-lost.ts';
import { runStatus } from './run-status.ts';
import { jobStatus, type ObservedJob, stopDue } from './status.ts';
import { stopCause } from './stop.ts';
import type { Event, Job, Pod } from './types.ts';

/** The Job controller makes pods within a second or two where nothing holds it. */
const PODS_LATE_MS = 10_000;
/** The CRD takes 4,096 characters: one longer message of a kubelet would have the whole status refused. */
const MAX_MESSAGE_BYTES = 2048;
/** All jobs of a run together, so that with MAX_SPEC_BYTES and a thousand jobs the object fits into etcd. */
const ALL_MESSAGES_BYTES = 400_000;

/** A run and all that is known of its jobs, each by the job's id. */
export interface ObservedRun {
  run: GroupRun;
  jobs: Map<string, Job>;
  pods: Map<string, Pod[]>;
  /** The Job controller's last word on pods it could not make. */
  failedCreates: Map<string, Event>;
  /** Jobs that were recorded and that the API server says are gone. */
  deleted: Set<string>;
  /** Why the API server refused the Job for good. */
  invalid: Map<string, string>;
  /** Why the API server refuses the Job for now, such as a quota. */
  denied: Map<string, string>;
}

/** The ids of this run's jobs, in order. */
export const jobIds = (run: GroupRun): string[] => {
  const runId = runIdOf(run.metadata);
  return run.spec.jobs.map((_, index) => jobId(runId, index + 1));
};

/** What is known of each job, in order. */
function observedJobs({ run, jobs, pods, failedCreates, deleted, invalid, denied }: ObservedRun): ObservedJob[] {
  const recorded = new Map(run.status?.jobs?.map((job) => [job.id, job]));
  return jobIds(run).map((id, position) => {
    const definition = run.spec.jobs[position]!;
    return {
      definition,
      id,
      previous: recorded.get(id),
      job: jobs.get(id),
      pods: pods.get(id) ?? [],
      failedCreate: failedCreates.get(id),
      cancelled: run.spec.cancel === true || run.spec.cancelJobs?.[definition.name] === true,
      deleted: deleted.has(id),
      invalid: invalid.get(id),
      denied: denied.get(id),
    };
  });
}

const isOver = ({ previous }: ObservedJob): boolean => previous !== undefined && isTerminal(previous.state);
const hasOutcome = (job: Job) => trueCondition(job, 'SuccessCriteriaMet', 'FailureTarget', 'Complete', 'Failed');

/**
 * The jobs (by index from 1) whose Job is to be made now: in order, and no more than the run's parallelism leaves room for,
 * counted from the Jobs that are there. One that was recorded, is over or is to stop is never made.
 */
export function jobsToCreate(observed: ObservedRun, now: Date): number[] {
  const jobs = observedJobs(observed);
  const active = jobs.filter((one) => one.job && !isOver(one) && !hasOutcome(one.job)).length;
  const room = (observed.run.spec.parallelism ?? Number.POSITIVE_INFINITY) - active;
  const due = jobs.flatMap((one, position) => {
    const made = one.job !== undefined || one.previous?.jobUID !== undefined;
    return made || isOver(one) || one.invalid || stopDue(one, now) ? [] : [position + 1];
  });
  return due.slice(0, Math.max(0, room));
}

/** The Jobs to stop, and why: cancelled, or not able to start for too long. */
export function jobsToStop(observed: ObservedRun, now: Date): { job: Job; cause: Cause }[] {
  return observedJobs(observed).flatMap((one) => {
    const { job } = one;
    if (!job || isOver(one) || hasOutcome(job)) return [];
    const stopped = stopCause(job);
    const cause = stopped ?? stopDue(one, now);
    return !cause || (stopped && job.spec?.suspend) ? [] : [{ job, cause }];
  });
}

/** Ids of jobs that would be over without a Job: only the API server can tell that there is none. */
export const jobsToConfirm = (observed: ObservedRun, now: Date): string[] =>
  observedJobs(observed).flatMap((one) => (one.job || isOver(one) || !stopDue(one, now) ? [] : [one.id]));

/** The status that the observation calls for. */
export function plannedStatus(observed: ObservedRun, now: Date): GroupRunStatus {
  const room = Math.min(MAX_MESSAGE_BYTES, Math.floor(ALL_MESSAGES_BYTES / observed.run.spec.jobs.length));
  const statuses = observedJobs(observed).map((one) => {
    const status = jobStatus(one, now);
    return status.message ? { ...status, message: truncateStart(status.message, room) } : status;
  });
  return runStatus(observed.run, statuses, now);
}

/**
 * What may become of the Jobs of jobs that are over, as the API server has recorded it: those that end by themselves get
 * their time to live, the others are removed.
 */
export function jobsToCleanUp(observed: ObservedRun): { expire: Job[]; remove: Job[] } {
  const over = observedJobs(observed).flatMap((one) => (one.job && isOver(one) ? one.job : []));
  return {
    expire: over.filter((job) => hasOutcome(job) && job.spec?.ttlSecondsAfterFinished === undefined),
    remove: over.filter((job) => !hasOutcome(job) && !job.metadata.deletionTimestamp),
  };
}

/** From when on a Job without pods is late, milliseconds since the epoch; infinite where it has some, or nothing to wait for. */
function podsLateAt({ job, pods, failedCreate }: ObservedJob): number {
  const waits = job && !job.spec?.suspend && !hasOutcome(job) && pods.length === 0 && !failedCreate;
  return waits ? Date.parse(job.metadata.creationTimestamp ?? '') + PODS_LATE_MS : Number.POSITIVE_INFINITY;
}

/** Whether Jobs have long had no pods though nothing is in the way: then the Job controller itself is behind. */
export const podsAreLate = (observed: ObservedRun, now: Date): boolean =>
  observedJobs(observed).some((one) => !isOver(one) && podsLateAt(one) <= now.getTime());

/** When time alone may change the run's status, milliseconds since the epoch; infinite where it cannot. */
export function nextChange(observed: ObservedRun, now: Date): number {
  const times = observedJobs(observed).flatMap((one) => {
    const { job, pods, previous, definition } = one;
    if (isOver(one)) return [];
    const since = previous?.pendingSince;
    const pending = since && blockedCause(one) ? Date.parse(since) + definition.pendingDeadlineSeconds * 1000 : [];
    const deletions = pods.flatMap(({ metadata: { deletionTimestamp } }) =>
      deletionTimestamp ? Date.parse(deletionTimestamp) + NODE_GRACE_MS : [],
    );
    return [
      pending,
      deletions,
      podsLateAt(one),
      job ? nodeLostAt(job, false, definition.activeDeadlineSeconds) : [],
    ].flat();
  });
  return Math.min(...times.filter((time) => time > now.getTime()), Number.POSITIVE_INFINITY);
}
