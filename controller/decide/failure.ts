import type { JobStatus } from '../../contract/group-run.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { blockedCause } from './blocked.ts';
import { type Cause, truncatedMessage } from './cause.ts';
import type { ObservedJob } from './observed.ts';
import { firstStartTime, hasFailed, metDeadline, newestPod, terminated, trueCondition, wasDeleted } from './pods.ts';
import type { Job, JobCondition, Pod, Terminated } from './types.ts';

const POD_DELETED: Cause = { reason: 'PodDeleted', message: 'Its pod was deleted before it ended.' };

/** A pod ended with an exit code after which the job must not be tried again. */
const POD_FAILURE_POLICY = 'PodFailurePolicy';
const FAILED_BY_PODS = new Set(['BackoffLimitExceeded', POD_FAILURE_POLICY]);

/** Whether the Job failed because its pods did. Then only a pod tells why. */
export const isFailedByPods = (job: Job): boolean =>
  FAILED_BY_PODS.has(trueCondition(job, 'FailureTarget', 'Failed')?.reason ?? '');

/** The newest pod that failed or was deleted before it succeeded. */
export const lastFailed = ({ pods, deletedPods }: Pick<ObservedJob, 'pods' | 'deletedPods'>): Pod | undefined =>
  newestPod([...pods.filter(hasFailed), ...deletedPods.filter((pod) => pod.status?.phase !== 'Succeeded')]);

/** Why a Job failed: the deadline, else its last failed pod, else the reason of its condition. */
export function failureCause(observed: ObservedJob & { job: Job }): Cause {
  const condition = trueCondition(observed.job, 'FailureTarget', 'Failed');
  const failed = lastFailed(observed);
  if (condition?.reason === 'DeadlineExceeded') return deadlineCause(observed);
  if (!isFailedByPods(observed.job)) {
    return { reason: condition?.reason ?? 'Failed', ...truncatedMessage(condition?.message) };
  }
  if (failed && metDeadline(failed)) return deadlineCause(observed);
  if (condition?.reason === POD_FAILURE_POLICY) return policyCause(observed, condition);
  // The API server was asked for the pods: a failed pod that is not there was deleted.
  const cause = failed ? podCause(failed) : POD_DELETED;
  const blocked = cause === POD_DELETED ? recordedCause(observed.previous) : undefined;
  if (!blocked) return cause;
  const message = `${cause.message} It could not start: ${blocked.reason}. ${blocked.message ?? ''}`;
  return { reason: cause.reason, ...truncatedMessage(message) };
}

/** The exit code and message of the pod after which the job was not tried again; of a pod that is gone, what the Job says. */
function policyCause(observed: ObservedJob, { message }: JobCondition): Cause {
  const pods = [...observed.pods, ...observed.deletedPods];
  const end = newestPod(pods.filter((pod) => hasExitCode(pod, observed.definition.failOnExitCodes)));
  const { exitCode, message: output } = (end && terminated(end)) ?? {};
  return {
    reason: POD_FAILURE_POLICY,
    ...truncatedMessage(output ?? message),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

/**
 * Why a job met its deadline. If it never ran: what kept it from running. Otherwise DeadlineExceeded, with the exit code of an
 * attempt that had failed before.
 */
export function deadlineCause(observed: ObservedJob): Cause {
  const { definition, previous, pods, deletedPods } = observed;
  const deadline = `activeDeadlineSeconds (${definition.activeDeadlineSeconds} s)`;
  if (!previous?.startedAt && !firstStartTime([...pods, ...deletedPods])) {
    const blocked = blockedCause(observed) ?? recordedCause(previous);
    const message = `It did not start within ${deadline}. ${blocked?.message ?? ''}`;
    return { reason: blocked?.reason ?? 'DeadlineExceeded', ...truncatedMessage(message) };
  }
  const before = failureBefore(observed);
  const failure = before && `The attempt before had failed: ${before.reason}, exit code ${before.exitCode}.`;
  const message = [`It was not done within ${deadline}.`, failure, before?.message].filter(Boolean).join(' ');
  return {
    reason: 'DeadlineExceeded',
    ...truncatedMessage(message),
    ...(before?.exitCode === undefined ? {} : { exitCode: before.exitCode }),
  };
}

/** What blocked the job when its status was last written. */
export const recordedCause = (previous: JobStatus | undefined): Cause | undefined =>
  previous?.pendingSince && previous.reason
    ? { reason: previous.reason, ...truncatedMessage(previous.message) }
    : undefined;

/** The failure of an attempt that ended by itself before the deadline did; undefined if none has an exit code. */
function failureBefore({ pods, deletedPods, previous }: ObservedJob): Cause | undefined {
  const ended = [...pods, ...deletedPods].filter((pod) => hasFailed(pod) && !metDeadline(pod) && !wasDeleted(pod));
  const pod = newestPod(ended.filter((one) => terminated(one) !== undefined));
  if (pod) return podCause(pod);
  if (previous?.exitCode === undefined || !previous.reason) return undefined;
  return { reason: previous.reason, ...truncatedMessage(previous.message), exitCode: previous.exitCode };
}

/** Why a pod failed: its own reason (Evicted), its deletion, or the reason of its container (OOMKilled, Error) with exit code. */
export function podCause(pod: Pod): Cause {
  const end = terminated(pod);
  if (pod.status?.reason) return { reason: pod.status.reason, ...truncatedMessage(pod.status.message) };
  const disrupted = trueCondition(pod, 'DisruptionTarget');
  if (disrupted?.reason) return { reason: disrupted.reason, ...truncatedMessage(disrupted.message) };
  if (wasDeleted(pod)) return POD_DELETED;
  if (!end) return { reason: 'Error', ...truncatedMessage(pod.status?.message) };
  return { reason: terminationReason(end), ...truncatedMessage(end.message), exitCode: end.exitCode };
}

/** Whether a failed pod is followed by another attempt: it does not count, or backoffLimit allows it and its exit code too. */
export const isRetried = ({ job, definition }: ObservedJob, failed: Pod): boolean => {
  const { backoffLimit, failOnExitCodes } = definition;
  if (isIgnored(definition, failed)) return true;
  return !hasExitCode(failed, failOnExitCodes) && backoffLimit > 0 && (job?.status?.failed ?? 0) <= backoffLimit;
};

/** Whether this pod does not count against backoffLimit: a disruption ended it, or its exit code is to be ignored. */
export const isIgnored = ({ ignoreExitCodes }: Pick<JobDefinition, 'ignoreExitCodes'>, failed: Pod): boolean =>
  trueCondition(failed, 'DisruptionTarget') !== undefined || hasExitCode(failed, ignoreExitCodes);

const hasExitCode = (pod: Pod, codes: number[] = []): boolean => codes.includes(terminated(pod)?.exitCode ?? 0);

/** Container runtimes use two reasons for a process that could not be started. */
const terminationReason = ({ reason }: Terminated): string =>
  reason === 'ContainerCannotRun' ? 'StartError' : (reason ?? 'Error');
