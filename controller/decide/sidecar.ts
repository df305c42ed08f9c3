import { isFinished, terminated } from './pods.ts';
import type { Pod } from './types.ts';

/** How long the other containers of a pod may go on after the job's own has ended, milliseconds. */
export const SIDECAR_GRACE_MS = 10_000;

/**
 * When the containers that an admission plugin added to a pod have outlived the job's own, milliseconds since the epoch; Infinity
 * if they have not. Such a pod never finishes by itself, and neither does its Job.
 */
export function outlivedAt(pod: Pod): number {
  const finishedAt = terminated(pod)?.finishedAt;
  const othersRun = pod.status?.containerStatuses?.some(({ state }) => state?.running) === true;
  return finishedAt && othersRun && !isFinished(pod)
    ? Date.parse(finishedAt) + SIDECAR_GRACE_MS
    : Number.POSITIVE_INFINITY;
}

export const isOutlived = (pod: Pod, now: Date): boolean => outlivedAt(pod) <= now.getTime();
