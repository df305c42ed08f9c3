import { type GroupRun, isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { TRACEPARENT_ANNOTATION } from '../../contract/labels.ts';
import { STOP_ANNOTATION } from './stop.ts';
import type { ContainerStatus, Event, Job, Meta, Pod } from './types.ts';

// Transforms keep only the fields that the controller reads, so that thousands of objects fit into the caches.

function transformMeta<T extends object>(metadata: T): T {
  const { annotations, managedFields, ...rest } = metadata as T & { annotations?: unknown; managedFields?: unknown };
  return rest as T;
}

/** Drops all annotations but this one. */
function keepAnnotation<T extends { annotations?: Record<string, string> }>(metadata: T, annotation: string): T {
  const value = metadata.annotations?.[annotation];
  return { ...transformMeta(metadata), ...(value === undefined ? {} : { annotations: { [annotation]: value } }) };
}

export function transformRun({ metadata, status, ...run }: GroupRun): GroupRun {
  const kept = status && isTerminal(status.state) ? { ...status, jobs: withoutTexts(status.jobs) } : status;
  return { ...run, metadata: keepAnnotation(metadata, TRACEPARENT_ANNOTATION), ...(kept ? { status: kept } : {}) };
}

/** The controller never reads the messages and results of finished runs, and most runs are finished. */
const withoutTexts = (jobs: JobStatus[] = []): JobStatus[] => jobs.map(({ message, result, ...job }) => job);

export function transformJob({ metadata, spec, status }: Job): Job {
  const suspend = spec?.suspend;
  return {
    metadata: keepAnnotation(metadata, STOP_ANNOTATION),
    spec: suspend === undefined ? {} : { suspend },
    ...(status ? { status } : {}),
  };
}

export function transformPod({ metadata, spec, status }: Pod): Pod {
  const { phase, reason, message, conditions, containerStatuses, initContainerStatuses, ephemeralContainerStatuses } =
    status ?? {};
  return {
    metadata: transformMeta<Meta>(metadata),
    ...(spec?.nodeName ? { spec: { nodeName: spec.nodeName } } : {}),
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(conditions ? { conditions } : {}),
      ...(containerStatuses ? { containerStatuses: containerStatuses.map(transformContainer) } : {}),
      ...(initContainerStatuses ? { initContainerStatuses: initContainerStatuses.map(nameOnly) } : {}),
      ...(ephemeralContainerStatuses ? { ephemeralContainerStatuses: ephemeralContainerStatuses.map(nameOnly) } : {}),
    },
  };
}

const transformContainer = ({ name, state }: ContainerStatus): ContainerStatus => ({
  name,
  ...(state ? { state } : {}),
});

/** Only their number is read. */
const nameOnly = ({ name }: ContainerStatus): ContainerStatus => ({ name });

export const transformEvent = (event: Event): Event => {
  const { metadata, involvedObject, reason, message, lastTimestamp, eventTime, series } = event;
  const { name, uid } = involvedObject;
  const { lastObservedTime } = series ?? {};
  return {
    metadata: transformMeta<Meta>(metadata),
    involvedObject: { ...(name ? { name } : {}), ...(uid ? { uid } : {}) },
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(lastTimestamp ? { lastTimestamp } : {}),
    ...(eventTime ? { eventTime } : {}),
    ...(lastObservedTime ? { series: { lastObservedTime } } : {}),
  };
};
