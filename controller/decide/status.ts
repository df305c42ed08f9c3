import { isTerminal, type JobDefinition, type JobState, type JobStatus } from '../../contract/group-run.ts';
import { blockedCause, type StartObservation } from './blocked.ts';
import {
  type Cause,
  failureCause,
  hasEnded,
  isRunning,
  lastFailed,
  podCause,
  terminated,
  trueCondition,
} from './failure.ts';
import { nodeLostAt, podOnLostNode } from './node-lost.ts';
import { CANCELLED, stopCause } from './stop.ts';
import type { Job, Pod } from './types.ts';

/** Everything observed about one job. */
export interface ObservedJob extends StartObservation {
  definition: Pick<JobDefinition, 'name' | 'backoffLimit' | 'activeDeadlineSeconds' | 'pendingDeadlineSeconds'>;
  id: string;
  /** Its entry in the stored status. */
  previous: JobStatus | undefined;
  /** Whether spec.cancel or spec.cancelJobs asks to stop it. */
  cancelled: boolean;
  /** The Job was recorded and no longer exists, confirmed by the API server. */
  deleted: boolean;
  /** Error message if the API server rejects the Job as invalid (final). */
  invalid: string | undefined;
}

/** Progress of each state. A job never moves to a lower rank. */
const RANK: Record<JobState, number> = { PENDING: 0, STARTED: 1, RETRY: 1, SUCCESS: 2, FAILURE: 2, REVOKED: 2 };

/** The job's next status: the state table of ARCHITECTURE.md, first match wins. */
export function jobStatus(observed: ObservedJob, now: Date): JobStatus {
  const { previous, job, pods, id, definition } = observed;
  if (previous && isTerminal(previous.state)) return previous;
  const found = decide(observed, now);
  const goesBack = previous !== undefined && RANK[found.state] < RANK[previous.state];
  // The state never goes back, but a job that is blocked again still reports the new reason.
  const { state, reason, message, exitCode }: Decision = !goesBack
    ? found
    : found.blocked
      ? { ...found, state: previous.state }
      : previous;
  const startedAt = previous?.startedAt ?? firstStartTime(pods);
  const attempts = Math.max(previous?.attempts ?? 0, pods.length);
  const jobUID = previous?.jobUID ?? job?.metadata.uid;
  const pendingSince = blockedSince(found, observed, now);
  return {
    name: definition.name,
    id,
    ...(jobUID ? { jobUID } : {}),
    state,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(attempts > 0 ? { attempts } : {}),
    ...(startedAt ? { startedAt } : {}),
    ...(isTerminal(state) ? { finishedAt: finishTime(job) ?? now.toISOString() } : {}),
    ...(pendingSince ? { pendingSince } : {}),
  };
}

/** Why the job must be stopped now: cancelled, or blocked past the pending deadline. Undefined if no stop is due. */
export function stopDue(observed: ObservedJob, now: Date): Cause | undefined {
  const { previous, cancelled, definition } = observed;
  if (cancelled) return { reason: CANCELLED };
  const blocked = blockedCause(observed);
  const since = previous?.pendingSince;
  if (!blocked || !since || Date.parse(since) + definition.pendingDeadlineSeconds * 1000 > now.getTime())
    return undefined;
  const seconds = definition.pendingDeadlineSeconds;
  const message = `It could not start within pendingDeadlineSeconds (${seconds} s). ${blocked.message ?? ''}`.trim();
  return { ...blocked, message };
}

type Decision = { state: JobState; blocked?: boolean } & { [field in keyof Cause]?: Cause[field] | undefined };

function decide(observed: ObservedJob, now: Date): Decision {
  const { job, pods, cancelled, deleted, invalid, definition } = observed;
  if (invalid) return { state: 'FAILURE', reason: 'JobInvalid', message: invalid };
  if (!job) {
    if (cancelled) return { state: 'REVOKED', reason: CANCELLED };
    if (deleted) return { state: 'FAILURE', reason: 'JobDeleted', message: 'The Job was deleted before it finished.' };
    const due = stopDue(observed, now);
    if (due) return { state: 'FAILURE', ...due };
    return pending(observed);
  }
  if (trueCondition(job, 'SuccessCriteriaMet', 'Complete')) return { state: 'SUCCESS' };
  const stopped = job.spec?.suspend ? stopCause(job) : undefined;
  const lost = podOnLostNode(pods, stopped !== undefined, now);
  if (trueCondition(job, 'FailureTarget', 'Failed')) {
    const cause = failureCause(job, pods);
    // Deadline exceeded on an unreachable node: not yet known whether the process ended, so wait for the grace period.
    const unsure = lost && cause.reason === 'DeadlineExceeded' && !trueCondition(job, 'Failed');
    if (!unsure) return { state: 'FAILURE', ...cause };
  }
  if (stopped && allPodsEnded(job, pods)) {
    return { state: stopped.reason === CANCELLED ? 'REVOKED' : 'FAILURE', ...stopped };
  }
  if (lost && now.getTime() >= nodeLostAt(job, stopped !== undefined, definition.activeDeadlineSeconds)) {
    const message = `The node ${lost.spec?.nodeName ?? ''} does not answer; what became of the process is not known.`;
    return { state: 'FAILURE', reason: 'NodeLost', message };
  }
  if (stopped) return { state: 'PENDING', ...stopped };
  if (job.spec?.suspend) return { state: 'PENDING', reason: 'Suspended' };
  if (pods.some(isRunning)) return { state: 'STARTED' };
  return pending(observed);
}

/** The decision for a job that is neither over nor running. */
function pending(observed: ObservedJob): Decision {
  const { job, pods } = observed;
  const blocked = blockedCause(observed);
  const failed = lastFailed(pods);
  if (failed && isRetried(observed, failed)) {
    return { state: 'RETRY', ...(blocked ? { ...blocked, blocked: true } : podCause(failed)) };
  }
  if (blocked) return { state: 'PENDING', ...blocked, blocked: true };
  return { state: job && pods.some(terminated) ? 'STARTED' : 'PENDING' };
}

/** Whether a failed pod is followed by another attempt: backoffLimit allows it, or a disruption does not count against it. */
const isRetried = ({ job, definition: { backoffLimit } }: ObservedJob, failed: Pod): boolean =>
  trueCondition(failed, 'DisruptionTarget') !== undefined ||
  (backoffLimit > 0 && (job?.status?.failed ?? 0) <= backoffLimit);

/** Whether no process of a suspended Job runs any more. */
const allPodsEnded = (job: Job, pods: Pod[]): boolean =>
  trueCondition(job, 'Suspended') !== undefined &&
  (job.status?.active ?? 0) === 0 &&
  (job.status?.terminating ?? 0) === 0 &&
  pods.every(hasEnded);

/** Starts anew if the job was unblocked in between. Without a Job that is unknown, so the earlier time stays. */
function blockedSince(found: Decision, { previous, job }: ObservedJob, now: Date): string | undefined {
  if (found.blocked) return previous?.pendingSince ?? now.toISOString();
  return job || isTerminal(found.state) ? undefined : previous?.pendingSince;
}

function firstStartTime(pods: Pod[]): string | undefined {
  const starts = pods.flatMap((pod) => {
    const state = pod.status?.containerStatuses?.[0]?.state;
    const at = state?.running?.startedAt ?? state?.terminated?.startedAt;
    // A container that could not be started reports 1970.
    return at && !at.startsWith('1970') ? at : [];
  });
  return starts.toSorted()[0];
}

const finishTime = (job: Job | undefined): string | undefined =>
  job && trueCondition(job, 'SuccessCriteriaMet', 'FailureTarget', 'Complete', 'Failed')?.lastTransitionTime;
