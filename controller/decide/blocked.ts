import type { Cause } from './cause.ts';
import type { ObservedJob } from './observed.ts';
import { hasEnded, isRunning, jobContainer, newestPod } from './pods.ts';
import { compareTimes } from './time.ts';

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

/** What blocks a job from starting; undefined if it runs or only needs time. */
export function blockedCause({
  job,
  pods,
  denied,
  failedCreate,
}: Pick<ObservedJob, 'job' | 'pods' | 'denied' | 'failedCreate'>): Cause | undefined {
  if (!job) return denied === undefined ? undefined : { reason: 'FailedCreate', message: denied };
  const active = pods.filter((pod) => !hasEnded(pod));
  if (active.some(isRunning)) return undefined;
  for (const pod of active) {
    const waiting = jobContainer(pod)?.waiting;
    if (waiting?.reason && BLOCKING_REASONS.has(waiting.reason)) return cause(waiting.reason, waiting.message);
    const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (scheduled?.status === 'False') return cause(scheduled.reason ?? 'Unschedulable', scheduled.message);
  }
  // An Event older than the newest pod is outdated: that pod could be created.
  const createdAt = newestPod(pods)?.metadata.creationTimestamp;
  if (active.length > 0 || !failedCreate || compareTimes(failedCreate.lastTimestamp, createdAt) < 0) return undefined;
  return cause('FailedCreate', failedCreate.message);
}

const cause = (reason: string, message: string | undefined): Cause => ({ reason, ...(message ? { message } : {}) });
