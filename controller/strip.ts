import type { GroupRun } from '../kube/group-run.ts';
import type { ContainerStatus, Job, Meta, Pod } from './types.ts';

/** Objects cut down to what the controller reads, so that thousands of them fit into the caches. */
type Full<T> = T & { metadata: { annotations?: unknown; managedFields?: unknown } };

function stripMeta<T extends object>(metadata: T): T {
  const { annotations, managedFields, ...rest } = metadata as T & { annotations?: unknown; managedFields?: unknown };
  return rest as T;
}

export const stripRun = (run: Full<GroupRun>): GroupRun => ({ ...run, metadata: stripMeta(run.metadata) });

export function stripJob({ metadata, spec, status }: Job): Job {
  return {
    metadata: stripMeta<Meta>(metadata),
    ...(spec?.suspend === undefined ? {} : { spec: { suspend: spec.suspend } }),
    ...(status ? { status } : {}),
  };
}

export function stripPod({ metadata, status }: Pod): Pod {
  const { phase, reason, message, conditions, containerStatuses } = status ?? {};
  return {
    metadata: stripMeta<Meta>(metadata),
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(conditions ? { conditions } : {}),
      ...(containerStatuses ? { containerStatuses: containerStatuses.map(stripContainer) } : {}),
    },
  };
}

const stripContainer = ({ state }: ContainerStatus): ContainerStatus => (state ? { state } : {});
