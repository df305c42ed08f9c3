import { hasEnded, isRunning, trueCondition } from './pods.ts';
import type { Job, Pod } from './types.ts';

/** Grace period after the deadline of a job whose node is unreachable, milliseconds. */
export const NODE_GRACE_MS = 30_000;

/**
 * Whether the node of this pod is unreachable: the pod is not Ready while its container is reported as running. In pods without
 * readiness gates and probes, as ours are, only the node controller causes that.
 */
const isNodeUnreachable = (pod: Pod): boolean =>
  isRunning(pod) && pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False') === true;

/** Whether the pod should have been deleted long ago: deletionTimestamp includes the pod's own grace period. */
const isDeletionOverdue = (pod: Pod, now: Date): boolean => {
  const due = pod.metadata.deletionTimestamp;
  return due !== undefined && !hasEnded(pod) && now.getTime() >= Date.parse(due) + NODE_GRACE_MS;
};

/** A pod whose node is presumed dead, so that its end may never be reported. In a stopped Job only overdue deletions count. */
export const podOnLostNode = (pods: Pod[], stopped: boolean, now: Date): Pod | undefined =>
  pods.find((pod) => !hasEnded(pod) && ((!stopped && isNodeUnreachable(pod)) || isDeletionOverdue(pod, now)));

/**
 * When a job on a lost node becomes NodeLost, milliseconds since the epoch: its deadline plus the grace period; at once (0) if
 * stopped, since podOnLostNode has waited already.
 */
export function nodeLostAt(job: Job, stopped: boolean, activeDeadlineSeconds: number): number {
  if (stopped) return 0;
  const expired = trueCondition(job, 'FailureTarget')?.lastTransitionTime;
  if (expired) return Date.parse(expired) + NODE_GRACE_MS;
  const started = job.status?.startTime;
  return started ? Date.parse(started) + activeDeadlineSeconds * 1000 + NODE_GRACE_MS : Number.POSITIVE_INFINITY;
}
