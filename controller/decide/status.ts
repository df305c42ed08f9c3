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

export interface ObservedJob extends StartObservation {
  definition: Pick<JobDefinition, 'name' | 'backoffLimit' | 'activeDeadlineSeconds' | 'pendingDeadlineSeconds'>;
  id: string;
  /** What stands in the run's status. */
  previous: JobStatus | undefined;
  /** Somebody asked for its end. */
  cancelled: boolean;
  /** The Job was made, and the API server said that it is gone. */
  deleted: boolean;
  /** Why the API server refused the Job for good. */
  invalid: string | undefined;
}

/** How far a job has come; a state never goes back. */
const RANK: Record<JobState, number> = { PENDING: 0, STARTED: 1, RETRY: 1, SUCCESS: 2, FAILURE: 2, REVOKED: 2 };

/** A job's status from what is seen of it. Pure: the state table of ARCHITECTURE.md, first match wins. */
export function jobStatus(observed: ObservedJob, now: Date): JobStatus {
  const { previous, job, pods, id, definition } = observed;
  if (previous && isTerminal(previous.state)) return previous;
  const found = decide(observed, now);
  const goesBack = previous !== undefined && RANK[found.state] < RANK[previous.state];
  // Where it got blocked again the state stays, and what it is blocked at is news.
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

/** The end of a job whose Job must be stopped first: it was cancelled, or could not start for too long. */
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
  if (invalid) return { state: 'FAILURE', reason: 'JobRejected', message: invalid };
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
    // A deadline on a node that does not answer: whether the process ended is told later, or never.
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

/** The state of a job that is neither over nor running. */
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

/** Another attempt is due: the limit allows it, or the failure does not count, as the pod made way for another. */
const isRetried = ({ job, definition: { backoffLimit } }: ObservedJob, failed: Pod): boolean =>
  trueCondition(failed, 'DisruptionTarget') !== undefined ||
  (backoffLimit > 0 && (job?.status?.failed ?? 0) <= backoffLimit);

/** A suspended Job whose pods are all gone: nothing of it runs, or will. */
const allPodsEnded = (job: Job, pods: Pod[]): boolean =>
  trueCondition(job, 'Suspended') !== undefined &&
  (job.status?.active ?? 0) === 0 &&
  (job.status?.terminating ?? 0) === 0 &&
  pods.every(hasEnded);

/** A trouble that has passed does not count against a later one; without a Job nobody knows whether it has. */
function blockedSince(found: Decision, { previous, job }: ObservedJob, now: Date): string | undefined {
  if (found.blocked) return previous?.pendingSince ?? now.toISOString();
  return job || isTerminal(found.state) ? undefined : previous?.pendingSince;
}

function firstStartTime(pods: Pod[]): string | undefined {
  const starts = pods.flatMap((pod) => {
    const state = pod.status?.containerStatuses?.[0]?.state;
    const at = state?.running?.startedAt ?? state?.terminated?.startedAt;
    // A container that could not be started has 1970 there.
    return at && !at.startsWith('1970') ? at : [];
  });
  return starts.toSorted()[0];
}

const finishTime = (job: Job | undefined): string | undefined =>
  job && trueCondition(job, 'SuccessCriteriaMet', 'FailureTarget', 'Complete', 'Failed')?.lastTransitionTime;
