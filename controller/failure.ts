import type { Job, JobCondition, Pod, Terminated } from './types.ts';

export interface Cause {
  reason: string;
  message?: string;
  exitCode?: number;
}

const MAX_MESSAGE = 2048;

/** The condition of that type, where it is True. */
export const trueCondition = (job: Job, ...types: string[]): JobCondition | undefined =>
  job.status?.conditions?.find((condition) => types.includes(condition.type) && condition.status === 'True');

export const terminated = (pod: Pod): Terminated | undefined => pod.status?.containerStatuses?.[0]?.state?.terminated;

/** Whether the Job failed for its pods' failures, so that only a pod tells why. */
export const needsPod = (job: Job): boolean => {
  const reason = trueCondition(job, 'FailureTarget', 'Failed')?.reason;
  return reason === 'BackoffLimitExceeded';
};

/** The pod that failed last: it says why its Job failed. */
export const lastFailed = (pods: Pod[]): Pod | undefined =>
  pods
    .filter((pod) => pod.status?.phase === 'Failed')
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .at(-1);

/** Why a Job failed: its condition's reason, refined from the last pod where the Job only counted pods' failures. */
export function failureCause(job: Job, pods: Pod[]): Cause {
  const condition = trueCondition(job, 'FailureTarget', 'Failed');
  const cause: Cause = { reason: condition?.reason ?? 'Failed', ...bounded(condition?.message) };
  if (!needsPod(job)) return cause;
  const pod = lastFailed(pods);
  return pod ? podCause(pod) : cause;
}

/** Why a pod failed: OOMKilled, StartError or Error with its exit code, or what the kubelet says, such as Evicted. */
export function podCause(pod: Pod): Cause {
  const end = terminated(pod);
  if (pod.status?.reason) return { reason: pod.status.reason, ...bounded(pod.status.message) };
  if (!end) return { reason: 'Error', ...bounded(pod.status?.message) };
  return { reason: end.reason ?? 'Error', ...bounded(end.message), exitCode: end.exitCode };
}

/** A message cut at its beginning: the last lines of a log tell most. */
const bounded = (message: string | undefined): { message?: string } =>
  message ? { message: message.trim().slice(-MAX_MESSAGE) } : {};
