import { blockedCause } from './blocked.ts';
import type { Cause } from './cause.ts';
import { deadlineCause, isRetried } from './failure.ts';
import { groupFailureMessage } from './needs.ts';
import type { ObservedJob } from './observed.ts';
import { hasFailed, isRunning, metDeadline, terminated } from './pods.ts';
import { CANCELLED, GROUP_FAILED } from './stop.ts';
import type { Pod } from './types.ts';

/** Why the job must be stopped now: cancelled, failed with its group, past its deadline, or blocked past the pending deadline. */
export function stopDue(observed: ObservedJob, now: Date): Cause | undefined {
  const { cancelled, groupFailure, definition } = observed;
  if (cancelled) return { reason: CANCELLED };
  if (groupFailure) return { reason: GROUP_FAILED, message: groupFailureMessage(groupFailure) };
  if (isPastDeadline(observed, now)) return deadlineCause(observed);
  const blocked = blockedCause(observed);
  if (!blocked || pendingDeadlineAt(observed) > now.getTime()) return undefined;
  const seconds = definition.pendingDeadlineSeconds;
  const message = `It could not start within pendingDeadlineSeconds (${seconds} s). ${blocked.message ?? ''}`.trim();
  return { ...blocked, message };
}

/** When the pending deadline of a job that is blocked passes, milliseconds since the epoch; Infinity if none was recorded. */
export const pendingDeadlineAt = ({ previous, definition }: Pick<ObservedJob, 'previous' | 'definition'>): number =>
  previous?.pendingSince
    ? Date.parse(previous.pendingSince) + definition.pendingDeadlineSeconds * 1000
    : Number.POSITIVE_INFINITY;

/** When the job's deadline passes, milliseconds since the epoch; Infinity if its Job has not started. */
export const deadlineAt = ({ job, definition }: Pick<ObservedJob, 'job' | 'definition'>): number =>
  job?.status?.startTime
    ? Date.parse(job.status.startTime) + definition.activeDeadlineSeconds * 1000
    : Number.POSITIVE_INFINITY;

/**
 * Whether the job must have no further attempt: one met the deadline of its pod, or the job's deadline passed while none runs.
 * A running attempt is not stopped here, since that would delete its log: the kubelet ends it, and keeps the pod.
 */
const isPastDeadline = (observed: ObservedJob, now: Date): boolean =>
  observed.pods.some((pod) => metDeadline(pod) && isRetried(observed, pod)) ||
  (deadlineAt(observed) <= now.getTime() && !observed.pods.some(runsOrSucceeded));

const runsOrSucceeded = (pod: Pod): boolean => isRunning(pod) || (terminated(pod) !== undefined && !hasFailed(pod));
