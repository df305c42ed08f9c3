import { compareTimes, latest } from './time.ts';
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

/** When the Event occurred last, as it was written. A repetition updates one of these times. */
export const lastSeenAt = ({ lastTimestamp, series, eventTime }: Event): string | undefined =>
  latest([lastTimestamp, series?.lastObservedTime, eventTime].filter((time) => typeof time === 'string'));

export const newestEvent = (events: Event[]): Event | undefined =>
  events.toSorted((a, b) => compareTimes(lastSeenAt(a), lastSeenAt(b))).at(-1);
