import type { GroupRunStatus, JobStatus } from '../../contract/group-run.ts';
import { inOrderOfNeeds } from '../../contract/needs.ts';
import { blockedCause, recordedDenial } from './blocked.ts';
import type { Cause } from './cause.ts';
import { type CreatePace, UNPACED } from './create-pace.ts';
import { fittedStatus } from './fitted-status.ts';
import { waitsFor } from './needs.ts';
import { NODE_GRACE_MS, nodeLostAt } from './node-lost.ts';
import { hasOutcome, isOver, type ObservedJob, type ObservedRun, observedJobs } from './observed.ts';
import { runStatus } from './run-status.ts';
import { outlivedAt } from './sidecar.ts';
import { jobStatus } from './status.ts';
import { stopCause } from './stop.ts';
import { deadlineAt, pendingDeadlineAt, stopDue } from './stop-due.ts';
import type { Job } from './types.ts';

/** Normally the Job controller creates pods within one or two seconds. */
const PODS_LATE_MS = 10_000;

/** Jobs by index, from 1. */
interface Creatable {
  /** Not denied so far, in order; then those denied whose pending deadline has passed: they end if they are denied once more. */
  now: number[];
  /** The others that were denied. */
  later: number[];
  /** How many more Jobs may be active. */
  room: number;
}

/**
 * The jobs whose Job must be created. Never a Job that was recorded already (even if deleted since), and never for a job that is
 * over, invalid, due to stop or waits for others.
 */
function creatable(observed: ObservedRun, now: Date): Creatable {
  const jobs = observedJobs(observed);
  const failsTogether = observed.run.spec.onFailure === 'cancel';
  // A Job that is created beside a failure that this pass finds would be stopped by the next.
  const fails = failsTogether && jobStatuses(observed, now).some(({ state }) => state === 'FAILURE');
  const active = jobs.filter((one) => one.job && !isOver(one) && !hasOutcome(one.job)).length;
  const due = jobs.flatMap((one, position) => {
    const made = one.job !== undefined || one.previous?.jobUID !== undefined;
    const isDue = !made && !isOver(one) && !one.invalid && waitsFor(one).length === 0 && !stopDue(one, now);
    return isDue && !fails ? [{ ...one, index: position + 1 }] : [];
  });
  const [fresh, denied] = [false, true].map((wanted) => due.filter((one) => !!recordedDenial(one) === wanted));
  const [overdue, later] = [true, false].map((wanted) =>
    denied!.filter((one) => pendingDeadlineAt(one) <= now.getTime() === wanted),
  );
  const indexes = (some: typeof due) => some.map(({ index }) => index);
  return {
    now: indexes([...fresh!, ...overdue!]),
    later: indexes(later!),
    room: Math.max(0, (observed.run.spec.parallelism ?? Number.POSITIVE_INFINITY) - active),
  };
}

/**
 * The jobs (by index from 1) whose Job must be created now, limited by the run's parallelism minus its active Jobs. The pass ends at
 * its first denial. So those that were not denied come first: one that is allowed does not wait behind denied ones, which follow in
 * rotation.
 */
export function jobsToCreate(observed: ObservedRun, now: Date, pace: CreatePace = UNPACED): number[] {
  const due = creatable(observed, now);
  if (now.getTime() < pace.notBefore) return [];
  const rotated = [
    ...due.later.filter((index) => index > pace.last),
    ...due.later.filter((index) => index <= pace.last),
  ];
  return [...due.now, ...(now.getTime() < pace.retryAt ? [] : rotated)].slice(0, due.room);
}

/** When jobsToCreate has jobs again, milliseconds since the epoch; Infinity if only an event can change that. */
export function nextCreateAt(observed: ObservedRun, now: Date, pace: CreatePace): number {
  const due = creatable(observed, now);
  if (due.room === 0 || due.now.length + due.later.length === 0) return Number.POSITIVE_INFINITY;
  return due.now.length > 0 ? pace.notBefore : Math.max(pace.notBefore, pace.retryAt);
}

/** The Jobs to stop, with the cause: as stopDue says. */
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

/** The status of each job. Those that it needs come first, so that a failure reaches all that depend on it in one pass. */
function jobStatuses(observed: ObservedRun, now: Date): JobStatus[] {
  const jobs = observedJobs(observed);
  const statuses: JobStatus[] = [];
  for (const index of inOrderOfNeeds(observed.run.spec.jobs)) {
    const one = jobs[index]!;
    const needed = one.needed.map((other) => ({ ...other, status: statuses[other.index] ?? other.status }));
    statuses[index] =
      one.previous && isOver(one) ? one.previous : fittedStatus(jobStatus({ ...one, needed }, now), jobs.length);
  }
  return statuses;
}

/** The run's status according to the observation. */
export const plannedStatus = (observed: ObservedRun, now: Date): GroupRunStatus =>
  runStatus(observed.run, jobStatuses(observed, now), now);

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
    const { job, pods, definition } = one;
    if (isOver(one)) return [];
    const pending = blockedCause(one) || recordedDenial(one) ? pendingDeadlineAt(one) : [];
    const deletions = pods.flatMap(({ metadata: { deletionTimestamp } }) =>
      deletionTimestamp ? Date.parse(deletionTimestamp) + NODE_GRACE_MS : [],
    );
    return [
      pending,
      deletions,
      podsLateAt(one),
      deadlineAt(one),
      pods.map(outlivedAt),
      job ? nodeLostAt(job, false, definition.activeDeadlineSeconds) : [],
    ].flat();
  });
  return Math.min(...times.filter((time) => time > now.getTime()), Number.POSITIVE_INFINITY);
}
