import { type Cause, hasEnded, isRunning, newest } from './failure.ts';
import type { Event, Job, Pod } from './types.ts';

/** A waiting container's reasons that do not pass by themselves in a moment. */
const BLOCKED = new Set([
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

export interface Waiting {
  job: Job | undefined;
  pods: Pod[];
  /** Why the API server refuses the Job for now, such as a quota. */
  denied: string | undefined;
  /** The Job controller's last word on pods it could not make. */
  failedCreate: Event | undefined;
}

/** What keeps a job from starting, or undefined: nothing but time, or it runs. */
export function blockedCause({ job, pods, denied, failedCreate }: Waiting): Cause | undefined {
  if (!job) return denied === undefined ? undefined : { reason: 'FailedCreate', message: denied };
  const open = pods.filter((pod) => !hasEnded(pod));
  if (open.some(isRunning)) return undefined;
  for (const pod of open) {
    const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
    if (waiting?.reason && BLOCKED.has(waiting.reason)) return cause(waiting.reason, waiting.message);
    const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (scheduled?.status === 'False') return cause(scheduled.reason ?? 'Unschedulable', scheduled.message);
  }
  // An event from before the newest pod tells of a trouble that has passed.
  const madeAt = newest(pods)?.metadata.creationTimestamp ?? '';
  if (open.length > 0 || !failedCreate || (failedCreate.lastTimestamp ?? '') < madeAt) return undefined;
  return cause('FailedCreate', failedCreate.message);
}

const cause = (reason: string, message: string | undefined): Cause => ({ reason, ...(message ? { message } : {}) });
