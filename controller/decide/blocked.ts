import { lastSeenAt, newestEvent } from './events.ts';
import { type Cause, hasEnded, isRunning, newestPod, trueCondition } from './failure.ts';
import type { Event, Job, Pod } from './types.ts';

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

/** What is observed about the start of a job. */
export interface StartObservation {
  job: Job | undefined;
  pods: Pod[];
  /** Error message while the API server denies the Job, such as for a quota. */
  denied: string | undefined;
  /** The Job's latest FailedCreate Event: its pods could not be created. */
  failedCreate: Event | undefined;
  /** Events that say why a pod of this job cannot be set up. */
  podEvents: Event[];
}

/** What blocks a job from starting; undefined if it runs or only needs time. */
export function blockedCause({ job, pods, denied, failedCreate, podEvents }: StartObservation): Cause | undefined {
  if (!job) return denied === undefined ? undefined : { reason: 'FailedCreate', message: denied };
  const active = pods.filter((pod) => !hasEnded(pod));
  if (active.some(isRunning)) return undefined;
  for (const pod of active) {
    const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
    if (waiting?.reason && BLOCKING_REASONS.has(waiting.reason)) return cause(waiting.reason, waiting.message);
    const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (scheduled?.status === 'False') return cause(scheduled.reason ?? 'Unschedulable', scheduled.message);
    const failed = isBeingSetUp(pod) ? newestEvent(podEvents.filter((event) => isAbout(event, pod))) : undefined;
    if (failed?.reason) return cause(failed.reason, failed.message);
  }
  // An Event older than the newest pod is outdated: that pod could be created.
  const createdAt = Date.parse(newestPod(pods)?.metadata.creationTimestamp ?? '') || 0;
  if (active.length > 0 || !failedCreate || lastSeenAt(failedCreate) < createdAt) return undefined;
  return cause('FailedCreate', failedCreate.message);
}

/**
 * Whether the pod may still lack its sandbox, network or volumes. Kubernetes before 1.29 does not set PodReadyToStartContainers: there
 * until its container runs.
 */
const isBeingSetUp = (pod: Pod): boolean =>
  (pod.status?.phase ?? 'Pending') === 'Pending' &&
  SETUP_REASONS.has(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason) &&
  !trueCondition(pod, 'PodReadyToStartContainers');

/** By UID: a pod of an earlier Job may have had the same name. */
const isAbout = ({ involvedObject }: Event, { metadata }: Pod): boolean => involvedObject.uid === metadata.uid;

const cause = (reason: string, message: string | undefined): Cause => ({ reason, ...(message ? { message } : {}) });
