import type { Cause } from './cause.ts';
import { lastSeenAt, newestEvent } from './events.ts';
import type { ObservedJob } from './observed.ts';
import { hasEnded, isRunning, jobContainer, newestPod, trueCondition } from './pods.ts';
import { compareTimes } from './time.ts';
import type { Event, Pod } from './types.ts';

/** Reasons of a waiting container that seldom pass by themselves, unlike ContainerCreating. */
const BLOCKING_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CreatePodSandboxError',
]);

/** Reasons of a waiting container whose pod may still lack its sandbox or volumes. */
const SETUP_REASONS = new Set([undefined, 'ContainerCreating', 'PodInitializing']);

/** What blocks a job from starting; undefined if it runs or only needs time. */
export function blockedCause({
  job,
  pods,
  denied,
  failedCreate,
  podEvents,
}: Pick<ObservedJob, 'job' | 'pods' | 'denied' | 'failedCreate' | 'podEvents'>): Cause | undefined {
  if (!job) return denied === undefined ? undefined : { reason: 'FailedCreate', message: denied };
  const active = pods.filter((pod) => !hasEnded(pod));
  if (active.some(isRunning)) return undefined;
  for (const pod of active) {
    const waiting = jobContainer(pod)?.waiting;
    if (waiting?.reason && BLOCKING_REASONS.has(waiting.reason)) return cause(waiting.reason, waiting.message);
    const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (scheduled?.status === 'False') return cause(scheduled.reason ?? 'Unschedulable', scheduled.message);
    const failed = isBeingSetUp(pod) ? newestEvent(podEvents.filter((event) => isAbout(event, pod))) : undefined;
    if (failed?.reason) return cause(failed.reason, failed.message);
  }
  // An Event older than the newest pod is outdated: that pod could be created.
  const createdAt = newestPod(pods)?.metadata.creationTimestamp;
  if (active.length > 0 || !failedCreate || compareTimes(lastSeenAt(failedCreate), createdAt) < 0) return undefined;
  return cause('FailedCreate', failedCreate.message);
}

/**
 * Why the API server denied the job's last create, as the stored status tells. A pass does not try every Job that was denied, so
 * this is not evidence that it would be denied now.
 */
export const recordedDenial = ({ job, previous }: Pick<ObservedJob, 'job' | 'previous'>): Cause | undefined =>
  !job && previous?.reason === 'FailedCreate' && previous.jobUID === undefined
    ? cause(previous.reason, previous.message)
    : undefined;

/**
 * Whether the pod may still lack its sandbox, network or volumes. Kubernetes before 1.29 does not set PodReadyToStartContainers: there
 * until its container runs.
 */
const isBeingSetUp = (pod: Pod): boolean =>
  (pod.status?.phase ?? 'Pending') === 'Pending' &&
  SETUP_REASONS.has(jobContainer(pod)?.waiting?.reason) &&
  !trueCondition(pod, 'PodReadyToStartContainers');

/** By UID: a pod of an earlier Job may have had the same name. */
const isAbout = ({ involvedObject }: Event, { metadata }: Pod): boolean => involvedObject.uid === metadata.uid;

const cause = (reason: string, message: string | undefined): Cause => ({ reason, ...(message ? { message } : {}) });
