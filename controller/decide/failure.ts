import type { Job, JobCondition, Pod, Terminated } from './types.ts';

export interface Cause {
  reason: string;
  message?: string;
  exitCode?: number;
}

const MAX_MESSAGE = 2048;

/** The condition of that type, where it is True. */
export const trueCondition = (
  object: { status?: { conditions?: JobCondition[] } },
  ...types: string[]
): JobCondition | undefined =>
  object.status?.conditions?.find((condition) => types.includes(condition.type) && condition.status === 'True');

export const terminated = (pod: Pod): Terminated | undefined => pod.status?.containerStatuses?.[0]?.state?.terminated;
export const isRunning = (pod: Pod): boolean => pod.status?.containerStatuses?.[0]?.state?.running !== undefined;
/** Its container ended, or never will have one. */
export const hasEnded = (pod: Pod): boolean =>
  terminated(pod) !== undefined || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';

/** Whether the Job failed for its pods' failures, so that only a pod tells why. */
export const isBackoffLimitExceeded = (job: Job): boolean =>
  trueCondition(job, 'FailureTarget', 'Failed')?.reason === 'BackoffLimitExceeded';

/** The pod that was made last among those that failed: it says why its Job failed. */
export const lastFailed = (pods: Pod[]): Pod | undefined => newestPod(pods.filter(hasFailed));

/** The kubelet calls a pod Running until all of it is cleaned up, for a moment longer than its container runs. */
const hasFailed = (pod: Pod): boolean => pod.status?.phase === 'Failed' || (terminated(pod)?.exitCode ?? 0) !== 0;

export const newestPod = (pods: Pod[]): Pod | undefined =>
  pods
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .at(-1);

/** Why a Job failed: its condition's reason, refined from the last pod where the Job only counted pods' failures. */
export function failureCause(job: Job, pods: Pod[]): Cause {
  const condition = trueCondition(job, 'FailureTarget', 'Failed');
  const cause: Cause = { reason: condition?.reason ?? 'Failed', ...truncatedMessage(condition?.message) };
  if (!isBackoffLimitExceeded(job)) return cause;
  const pod = lastFailed(pods);
  return pod ? podCause(pod) : cause;
}

/** Why a pod failed: OOMKilled, StartError or Error with its exit code, or what the kubelet says, such as Evicted. */
export function podCause(pod: Pod): Cause {
  const end = terminated(pod);
  if (pod.status?.reason) return { reason: pod.status.reason, ...truncatedMessage(pod.status.message) };
  const disrupted = trueCondition(pod, 'DisruptionTarget');
  if (disrupted?.reason) return { reason: disrupted.reason, ...truncatedMessage(disrupted.message) };
  if (!end) return { reason: 'Error', ...truncatedMessage(pod.status?.message) };
  return { reason: terminationReason(end), ...truncatedMessage(end.message), exitCode: end.exitCode };
}

/** Container runtimes have two words for a process that could not be started. */
const terminationReason = ({ reason }: Terminated): string =>
  reason === 'ContainerCannotRun' ? 'StartError' : (reason ?? 'Error');

/** A message cut at its beginning: the last lines of a log tell most. */
const truncatedMessage = (message: string | undefined): { message?: string } =>
  message ? { message: message.trim().slice(-MAX_MESSAGE) } : {};
