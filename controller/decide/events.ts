import type { Event } from './types.ts';

/**
 * Reasons of Warning Events that say why the kubelet cannot set up a pod: its sandbox, network, volumes, cgroup or devices. The pod's
 * own status does not say it (kubelet 1.36, pkg/kubelet/events).
 */
const POD_SETUP_FAILURES = new Set([
  'FailedCreatePodSandBox',
  'FailedPodSandBoxStatus',
  'FailedCreatePodContainer',
  'FailedPrepareDynamicResources',
  'FailedAttachVolume',
  'FailedMapVolume',
  'FailedMount',
  'FailedSync',
  'NetworkNotReady',
]);

export const isPodSetupFailure = ({ reason = '' }: Pick<Event, 'reason'>): boolean => POD_SETUP_FAILURES.has(reason);

/** When the Event occurred last, milliseconds since the epoch; 0 if it has no time. A repetition updates one of the fields. */
export const lastSeenAt = ({ lastTimestamp, series, eventTime }: Event): number =>
  Math.max(0, ...[lastTimestamp, series?.lastObservedTime, eventTime].map((time) => Date.parse(time ?? '') || 0));

export const newestEvent = (events: Event[]): Event | undefined =>
  events.toSorted((a, b) => lastSeenAt(a) - lastSeenAt(b)).at(-1);
