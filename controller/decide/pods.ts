import { JOB_CONTAINER } from '../../contract/labels.ts';
import { compareTimes, earliest } from './time.ts';
import type { ContainerStatus, Job, JobCondition, Pod, Terminated } from './types.ts';

/** The first condition of one of these types whose status is True. */
export const trueCondition = (
  object: { status?: { conditions?: JobCondition[] } },
  ...types: string[]
): JobCondition | undefined =>
  object.status?.conditions?.find((condition) => types.includes(condition.type) && condition.status === 'True');

/** Whether the Job controller counts pods of this Job that may still run. */
export const hasActivePods = ({ status }: Job): boolean => (status?.active ?? 0) + (status?.terminating ?? 0) > 0;

/** The state of the job's own container. The position tells nothing: the kubelet sorts by name, and others may be added. */
export const jobContainer = (pod: Pod): ContainerStatus['state'] =>
  pod.status?.containerStatuses?.find(({ name }) => name === JOB_CONTAINER)?.state;

export const terminated = (pod: Pod): Terminated | undefined => jobContainer(pod)?.terminated;
export const isRunning = (pod: Pod): boolean => jobContainer(pod)?.running !== undefined;

/** Whether no container of the pod will ever run again. */
export const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';

/** Whether the job's container has terminated or will never run. */
export const hasEnded = (pod: Pod): boolean => terminated(pod) !== undefined || isFinished(pod);

/** The phase stays Running for a moment after the container has terminated, until the kubelet has cleaned up. */
export const hasFailed = (pod: Pod): boolean =>
  pod.status?.phase === 'Failed' || (terminated(pod)?.exitCode ?? 0) !== 0;

export const newestPod = (pods: Pod[]): Pod | undefined =>
  pods.toSorted((a, b) => compareTimes(a.metadata.creationTimestamp, b.metadata.creationTimestamp)).at(-1);

/** When the first of these pods was created. */
export const firstCreationTime = (pods: Pod[]): string | undefined =>
  earliest(pods.flatMap(({ metadata }) => metadata.creationTimestamp ?? []));

/** When the job's container first started in one of these pods. */
export const firstStartTime = (pods: Pod[]): string | undefined =>
  earliest(
    pods.flatMap((pod) => {
      const at = jobContainer(pod)?.running?.startedAt ?? terminated(pod)?.startedAt;
      // A container that could not be started reports 1970.
      return at && !at.startsWith('1970') ? at : [];
    }),
  );

/** Whether the kubelet ended the pod because of the deadline in its spec. */
export const metDeadline = (pod: Pod): boolean => pod.status?.reason === 'DeadlineExceeded';

/** Whether SIGKILL or SIGTERM ended the process, by its exit code. Lack of memory is no deletion, and has a reason of its own. */
const wasKilled = ({ exitCode, reason }: Terminated): boolean =>
  [137, 143].includes(exitCode) && reason !== 'OOMKilled';
/** The kubelet's own final deletion sets the time of the deletion anew, about a second after the container ended. */
const FINAL_DELETION_MS = 2000;

/**
 * Whether the pod was deleted before its container had ended by itself. The deletion was requested one grace period before
 * deletionTimestamp.
 */
export function wasDeleted(pod: Pod): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  if (deletionTimestamp === undefined) return false;
  const end = terminated(pod);
  if (!end?.finishedAt || wasKilled(end)) return true;
  const requestedAt = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return Date.parse(end.finishedAt) >= requestedAt - FINAL_DELETION_MS;
}

/** Whether nothing of these pods will run any more: each has ended or is being deleted. */
export const areGone = (pods: Pod[]): boolean =>
  pods.every((pod) => hasEnded(pod) || pod.metadata.deletionTimestamp !== undefined);
