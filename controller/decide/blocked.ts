import { type Cause, hasEnded, isRunning, newestPod } from './failure.ts';
import type { Event, Job, Pod } from './types.ts';

/** A waiting container's reasons that do not pass by themselves in a moment. */
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

export interface StartObservation {
  job: Job | undefined;
  pods: Pod[];
  /** Why the API server refuses the Job for now, such as a quota. */
  denied: string | undefined;
  /** The Job controller's last word on pods it could not make. */
  failedCreate: Event | undefined;
}

/** What keeps a job from starting, or undefined: nothing but time, or it runs. */
export function blockedCause({ job, pods, denied, failedCreate }: StartObservation): Cause | undefined {
  if (!job) return denied === undefined ? undefined : { reason: 'FailedCreate', message: denied };
  const active = pods.filter((pod) => !hasEnded(pod));
  if (active.some(isRunning)) return undefined;
  for (const pod of active) {
    const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
    if (waiting?.reason && BLOCKING_REASONS.has(waiting.reason)) return cause(waiting.reason, waiting.message);
    const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (scheduled?.status === 'False') return cause(scheduled.reason ?? 'Unschedulable', scheduled.message);
  }
  // An event from before the newest pod tells of a trouble that has passed.
  const createdAt = newestPod(pods)?.metadata.creationTimestamp ?? '';
  if (active.length > 0 || !failedCreate || (failedCreate.lastTimestamp ?? '') < createdAt) return undefined;
  return cause('FailedCreate', failedCreate.message);
}

const cause = (reason: string, message: string | undefined): Cause => ({ reason, ...(message ? { message } : {}) });
