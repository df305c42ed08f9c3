import { isTerminal, type JobState, type JobStatus } from '../../contract/group-run.ts';
import { blockedCause, recordedDenial } from './blocked.ts';
import type { Cause } from './cause.ts';
import { failureCause, isRetried, lastFailed, podCause, recordedCause } from './failure.ts';
import { dependencyFailure, waitingCause } from './needs.ts';
import { nodeLostAt, podOnLostNode } from './node-lost.ts';
import { type ObservedJob, outcomeOf } from './observed.ts';
import {
  areGone,
  firstCreationTime,
  firstStartTime,
  hasActivePods,
  hasEnded,
  isRunning,
  terminated,
  trueCondition,
} from './pods.ts';
import { resultOf } from './result.ts';
import { isOutlived } from './sidecar.ts';
import { CANCELLED, stopCause, stoppedState } from './stop.ts';
import { stopDue } from './stop-due.ts';
import type { Job, Pod } from './types.ts';

/** Progress of each state. A job never moves to a lower rank. */
const RANK: Record<JobState, number> = { PENDING: 0, STARTED: 1, RETRY: 1, SUCCESS: 2, FAILURE: 2, REVOKED: 2 };
/** The length of a time up to its second, such as 2026-11-24T11:04:05. */
const SECOND = 19;
const SUSPENDED = 'Suspended';

/** The job's next status: the state table of ARCHITECTURE.md, first match wins. */
export function jobStatus(observed: ObservedJob, now: Date): JobStatus {
  const { previous, job, pods, deletedPods, definition } = observed;
  if (previous && isTerminal(previous.state)) return previous;
  const found = decide(observed, now);
  const goesBack = previous !== undefined && RANK[found.state] < RANK[previous.state];
  // The state never goes back, but a job that is blocked again or suspended still reports that.
  const { state, reason, message, exitCode }: Decision = !goesBack
    ? found
    : found.blocked || found.reason === SUSPENDED
      ? { ...found, state: previous.state }
      : previous;
  const startedAt = previous?.startedAt ?? firstStartTime([...pods, ...deletedPods]);
  const attempts = countAttempts(observed);
  // A pod that was created is no reason for a write of its own: where it is all that is new, a later status tells.
  const isNews = state !== 'PENDING' || reason !== undefined;
  const podCreatedAt = isNews ? podCreationTime(observed, startedAt) : previous?.podCreatedAt;
  const jobUID = previous?.jobUID ?? job?.metadata.uid;
  const pendingSince = blockedSince(found, observed, now);
  return {
    name: definition.name,
    ...(jobUID ? { jobUID } : {}),
    state,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(attempts > 1 ? { attempts } : {}),
    ...(podCreatedAt ? { podCreatedAt } : {}),
    ...(startedAt ? { startedAt } : {}),
    ...(isTerminal(state) ? { finishedAt: finishTime(job) ?? now.toISOString() } : {}),
    ...(state === 'SUCCESS' ? resultOf([...pods, ...deletedPods]) : {}),
    ...(pendingSince ? { pendingSince } : {}),
  };
}

type Decision = { state: JobState; blocked?: boolean } & { [field in keyof Cause]?: Cause[field] | undefined };

function decide(observed: ObservedJob, now: Date): Decision {
  const { job, pods, cancelled, deleted, invalid, definition } = observed;
  if (invalid) return { state: 'FAILURE', reason: 'JobInvalid', message: invalid };
  if (!job) {
    if (cancelled) return { state: 'REVOKED', reason: CANCELLED };
    if (deleted) return { state: 'FAILURE', reason: 'JobDeleted', message: 'The Job was deleted before it finished.' };
    const dependency = dependencyFailure(observed);
    if (dependency) return { state: 'REVOKED', ...dependency };
    const due = stopDue(observed, now);
    if (due) return { state: stoppedState(due), ...due };
    const waiting = waitingCause(observed);
    return waiting ? { state: 'PENDING', ...waiting } : pending(observed);
  }
  if (trueCondition(job, 'SuccessCriteriaMet', 'Complete')) return { state: 'SUCCESS' };
  const stopped = job.spec?.suspend ? stopCause(job) : undefined;
  const lost = podOnLostNode(pods, stopped !== undefined, now);
  if (trueCondition(job, 'FailureTarget', 'Failed')) {
    const cause = failureCause({ ...observed, job });
    // Deadline exceeded on an unreachable node: not yet known whether the process ended, so wait for the grace period.
    const unsure = lost && cause.reason === 'DeadlineExceeded' && !trueCondition(job, 'Failed');
    if (!unsure) return { state: 'FAILURE', ...cause };
  }
  if (stopped && allPodsEnded(job, pods)) return { state: stoppedState(stopped), ...stopped };
  if (lost && now.getTime() >= nodeLostAt(job, stopped !== undefined, definition.activeDeadlineSeconds)) {
    const message = `The node ${lost.spec?.nodeName ?? ''} does not answer; what became of the process is not known.`;
    return { state: 'FAILURE', reason: 'NodeLost', message };
  }
  if (stopped) return { state: 'PENDING', ...stopped };
  if (job.spec?.suspend) return { state: 'PENDING', reason: SUSPENDED };
  if (pods.some(isRunning)) return { state: 'STARTED' };
  const outlived = pods.find((pod) => isOutlived(pod, now));
  if (outlived && terminated(outlived)?.exitCode === 0) return { state: 'SUCCESS' };
  if (outlived && !isRetried(observed, outlived)) return { state: 'FAILURE', ...podCause(outlived) };
  return pending(observed);
}

/** The decision for a job that is neither over nor running. */
function pending(observed: ObservedJob): Decision {
  const { job, pods, deletedPods, previous } = observed;
  // A pod that is being deleted reports ContainerCreating. What blocked it stays the reason until the next pod tells.
  const hadPods = pods.length + deletedPods.length > 0;
  const recorded = hadPods && areGone(pods) ? recordedCause(previous) : recordedDenial(observed);
  const blocked = blockedCause(observed) ?? recorded;
  const failed = lastFailed(observed);
  if (failed && isRetried(observed, failed)) {
    return { state: 'RETRY', ...(blocked ? { ...blocked, blocked: true } : podCause(failed)) };
  }
  if (blocked) return { state: 'PENDING', ...blocked, blocked: true };
  return { state: job && pods.some(terminated) ? 'STARTED' : 'PENDING' };
}

/** Pods that were ever there: those known, and at least as many as recorded before or counted by the Job controller. */
const countAttempts = ({ previous, job, pods, deletedPods }: ObservedJob): number =>
  Math.max(
    previous?.attempts ?? 0,
    new Set([...pods, ...deletedPods].map(({ metadata }) => metadata.uid)).size,
    (job?.status?.failed ?? 0) + (job?.status?.active ?? 0),
  );

/** When the job's first pod was created; undefined if its container started in the same second, as is then stored. */
function podCreationTime({ previous, pods, deletedPods }: ObservedJob, startedAt?: string): string | undefined {
  // Once it has started, what is stored is final: the first pod may be gone.
  if (previous?.startedAt) return previous.podCreatedAt;
  const createdAt = previous?.podCreatedAt ?? firstCreationTime([...pods, ...deletedPods]);
  return createdAt?.slice(0, SECOND) === startedAt?.slice(0, SECOND) ? undefined : createdAt;
}

/** Whether no process of a suspended Job runs any more. */
const allPodsEnded = (job: Job, pods: Pod[]): boolean =>
  trueCondition(job, 'Suspended') !== undefined && !hasActivePods(job) && pods.every(hasEnded);

/** Starts anew if the job was unblocked in between. Without a Job that is unknown, so the earlier time stays. */
function blockedSince(found: Decision, { previous, job }: ObservedJob, now: Date): string | undefined {
  if (found.blocked) return previous?.pendingSince ?? now.toISOString();
  return job || isTerminal(found.state) ? undefined : previous?.pendingSince;
}

const finishTime = (job: Job | undefined): string | undefined => job && outcomeOf(job)?.lastTransitionTime;
