import type { Job, JobCondition, Pod, Terminated } from './types.ts';

export interface Cause {
  reason: string;
  message?: string;
  exitCode?: number;
}

const MAX_MESSAGE = 2048;

/** The first condition of one of these types whose status is True. */
export const trueCondition = (
  object: { status?: { conditions?: JobCondition[] } },
  ...types: string[]
): JobCondition | undefined =>
  object.status?.conditions?.find((condition) => types.includes(condition.type) && condition.status === 'True');

export const terminated = (pod: Pod): Terminated | undefined => pod.status?.containerStatuses?.[0]?.state?.terminated;
export const isRunning = (pod: Pod): boolean => pod.status?.containerStatuses?.[0]?.state?.running !== undefined;
/** Whether the pod's container has terminated or will never run. */
export const hasEnded = (pod: Pod): boolean =>
  terminated(pod) !== undefined || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';

/** Whether the Job failed because its pods did. Then only a pod tells why. */
export const isBackoffLimitExceeded = (job: Job): boolean =>
  trueCondition(job, 'FailureTarget', 'Failed')?.reason === 'BackoffLimitExceeded';

/** The newest of the failed pods. */
export const lastFailed = (pods: Pod[]): Pod | undefined => newestPod(pods.filter(hasFailed));

/** The phase stays Running for a moment after the container has terminated, until the kubelet has cleaned up. */
const hasFailed = (pod: Pod): boolean => pod.status?.phase === 'Failed' || (terminated(pod)?.exitCode ?? 0) !== 0;

export const newestPod = (pods: Pod[]): Pod | undefined =>
  pods
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .at(-1);

/** Why a Job failed: the reason of its condition, or of its last failed pod if that is only BackoffLimitExceeded. */
export function failureCause(job: Job, pods: Pod[]): Cause {
  const condition = trueCondition(job, 'FailureTarget', 'Failed');
  const cause: Cause = { reason: condition?.reason ?? 'Failed', ...truncatedMessage(condition?.message) };
  if (!isBackoffLimitExceeded(job)) return cause;
  const pod = lastFailed(pods);
  return pod ? podCause(pod) : cause;
}

/** Why a pod failed: its own reason (Evicted), else that of its container (OOMKilled, StartError, Error) with exit code. */
export function podCause(pod: Pod): Cause {
  const end = terminated(pod);
  if (pod.status?.reason) return { reason: pod.status.reason, ...truncatedMessage(pod.status.message) };
  const disrupted = trueCondition(pod, 'DisruptionTarget');
  if (disrupted?.reason) return { reason: disrupted.reason, ...truncatedMessage(disrupted.message) };
  if (!end) return { reason: 'Error', ...truncatedMessage(pod.status?.message) };
  return { reason: terminationReason(end), ...truncatedMessage(end.message), exitCode: end.exitCode };
}

/** Container runtimes use two reasons for a process that could not be started. */
const terminationReason = ({ reason }: Terminated): string =>
  reason === 'ContainerCannotRun' ? 'StartError' : (reason ?? 'Error');

/** Keeps the end of a message: the last lines of a log tell most. */
const truncatedMessage = (message: string | undefined): { message?: string } =>
  message ? { message: message.trim().slice(-MAX_MESSAGE) } : {};
