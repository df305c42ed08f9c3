import { hasEnded, isRunning, trueCondition } from './failure.ts';
import type { Job, Pod } from './types.ts';

/** How long after its deadline a job on a node that does not answer is waited for, milliseconds. */
export const NODE_GRACE_MS = 30_000;

/**
 * The node does not answer for this pod: the node controller took its readiness away while its container, as far as is known,
 * runs. Without readiness gates, which our pods never have, nobody else does that.
 */
const isNodeUnreachable = (pod: Pod): boolean =>
  isRunning(pod) && pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False') === true;

/** Should have been gone by now: its deletion (the request plus the grace period) is due for long. */
const isDeletionOverdue = (pod: Pod, now: Date): boolean => {
  const due = pod.metadata.deletionTimestamp;
  return due !== undefined && !hasEnded(pod) && now.getTime() >= Date.parse(due) + NODE_GRACE_MS;
};

/** A pod whose node is taken for dead, so that its end will not be told. Of a stopped Job's, the one that should be gone. */
export const podOnLostNode = (pods: Pod[], stopped: boolean, now: Date): Pod | undefined =>
  pods.find((pod) => !hasEnded(pod) && ((!stopped && isNodeUnreachable(pod)) || isDeletionOverdue(pod, now)));

/** From when on a lost pod's job is over, milliseconds since the epoch: after its deadline and a grace; at once when stopped. */
export function nodeLostAt(job: Job, stopped: boolean, activeDeadlineSeconds: number): number {
  if (stopped) return 0;
  const expired = trueCondition(job, 'FailureTarget')?.lastTransitionTime;
  if (expired) return Date.parse(expired) + NODE_GRACE_MS;
  const started = job.status?.startTime;
  return started ? Date.parse(started) + activeDeadlineSeconds * 1000 + NODE_GRACE_MS : Number.POSITIVE_INFINITY;
}
