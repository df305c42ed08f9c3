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

/** Normally the Job controller creates pods within one or two seconds. */
const PODS_LATE_MS = 10_000;
/** The CRD allows 4,096 characters: one longer kubelet message would make the whole status invalid. */
const MAX_MESSAGE_BYTES = 2048;
/** Maximum for all jobs of a run together: with a spec of MAX_SPEC_BYTES and 1,000 jobs the object still fits into etcd. */
const ALL_MESSAGES_BYTES = 400_000;

/** A run and everything observed about its jobs, by job id. */
export interface ObservedRun {
  run: GroupRun;
  jobs: Map<string, Job>;
  pods: Map<string, Pod[]>;
  /** Each Job's latest FailedCreate Event: its pods could not be created. */
  failedCreates: Map<string, Event>;
  /** Events that say why the pods of each Job cannot be set up. */
  podEvents: Map<string, Event[]>;
  /** Jobs that were recorded and no longer exist, confirmed by the API server. */
  deleted: Set<string>;
  /** Error messages for Jobs that the API server rejects as invalid (final). */
  invalid: Map<string, string>;
  /** Error messages for Jobs that the API server denies for now, such as for a quota (tried again). */
  denied: Map<string, string>;
}

/** The ids of this run's jobs, in order. */
export const jobIds = (run: GroupRun): string[] => {
  const runId = runIdOf(run.metadata);
  return run.spec.jobs.map((_, index) => jobId(runId, index + 1));
};

/** The observation of each job, in the order of the spec. */
function observedJobs(observed: ObservedRun): ObservedJob[] {
  const { run, jobs, pods, failedCreates, podEvents, deleted, invalid, denied } = observed;
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
      podEvents: podEvents.get(id) ?? [],
      cancelled: run.spec.cancel === true || run.spec.cancelJobs?.[definition.name] === true,
      deleted: deleted.has(id),
      invalid: invalid.get(id),
      denied: denied.get(id),
    };
  });
}

/** Whether the job's terminal state is recorded. */
const isOver = ({ previous }: ObservedJob): boolean => previous !== undefined && isTerminal(previous.state);
/** Whether the Job's outcome is decided. The early conditions (Kubernetes 1.31) come before its pods are gone. */
const hasOutcome = (job: Job) => trueCondition(job, 'SuccessCriteriaMet', 'FailureTarget', 'Complete', 'Failed');

/**
 * The jobs (by index from 1) whose Job must be created now, in order, limited by the run's parallelism minus its active Jobs.
 * Never a Job that was recorded already (even if deleted since), and never for a job that is over, invalid or due to stop.
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

/** The Jobs to stop, with the cause: cancelled, or blocked past the pending deadline. */
export function jobsToStop(observed: ObservedRun, now: Date): { job: Job; cause: Cause }[] {
  return observedJobs(observed).flatMap((one) => {
    const { job } = one;
    if (!job || isOver(one) || hasOutcome(job)) return [];
    const stopped = stopCause(job);
    const cause = stopped ?? stopDue(one, now);
    return !cause || (stopped && job.spec?.suspend) ? [] : [{ job, cause }];
  });
}

/** Ids of jobs about to end without a Job: the API server must first confirm that none exists. */
export const jobsToConfirm = (observed: ObservedRun, now: Date): string[] =>
  observedJobs(observed).flatMap((one) => (one.job || isOver(one) || !stopDue(one, now) ? [] : [one.id]));

/** The run's status according to the observation. */
export function plannedStatus(observed: ObservedRun, now: Date): GroupRunStatus {
  const room = Math.min(MAX_MESSAGE_BYTES, Math.floor(ALL_MESSAGES_BYTES / observed.run.spec.jobs.length));
  const statuses = observedJobs(observed).map((one) => {
    const status = jobStatus(one, now);
    return status.message ? { ...status, message: truncateStart(status.message, room) } : status;
  });
  return runStatus(observed.run, statuses, now);
}

/**
 * The Jobs whose result is recorded: those that finish by themselves get a TTL (`expire`), the others, which were stopped, are
 * deleted (`remove`).
 */
export function jobsToCleanUp(observed: ObservedRun): { expire: Job[]; remove: Job[] } {
  const over = observedJobs(observed).flatMap((one) => (one.job && isOver(one) ? one.job : []));
  return {
    expire: over.filter((job) => hasOutcome(job) && job.spec?.ttlSecondsAfterFinished === undefined),
    remove: over.filter((job) => !hasOutcome(job) && !job.metadata.deletionTimestamp),
  };
}

/** When the pods of a Job become late, milliseconds since the epoch; Infinity if it has pods or should have none. */
function podsLateAt({ job, pods, failedCreate }: ObservedJob): number {
  const waits = job && !job.spec?.suspend && !hasOutcome(job) && pods.length === 0 && !failedCreate;
  return waits ? Date.parse(job.metadata.creationTimestamp ?? '') + PODS_LATE_MS : Number.POSITIVE_INFINITY;
}

/** Whether a Job has had no pods for long without a known reason: a sign that the Job controller is slow. */
export const podsAreLate = (observed: ObservedRun, now: Date): boolean =>
  observedJobs(observed).some((one) => !isOver(one) && podsLateAt(one) <= now.getTime());

/** The run's next deadline, when its status may change without an event: milliseconds since the epoch, or Infinity. */
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
