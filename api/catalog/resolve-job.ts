import type { JobDefinition } from '../../contract/job-definition.ts';
import { DEFAULTS, type Defaults, type GroupConfig, type JobConfig } from './config.ts';

/**
 * The definition of a job: what it does not set is that of its group, then that of the file's `defaults`. Each field of `pod` counts
 * for itself, so a job that sets `tolerations` keeps the group's `nodeSelector`.
 */
export function resolveJob(name: string, job: JobConfig, group: GroupConfig, defaults: Defaults): JobDefinition {
  const { pod: defaultPod, container: defaultContainer, ...limits } = defaults;
  const pod = { ...defaultPod, ...group.pod, ...job.pod };
  const resources = job.container?.resources ?? group.container?.resources ?? defaultContainer?.resources;
  return {
    name,
    ...DEFAULTS,
    ...limits,
    ...job,
    ...(Object.keys(pod).length > 0 && { pod }),
    ...(job.container && resources && { container: { ...job.container, resources } }),
  } as JobDefinition;
}

/** Where the file has the value at this path of a resolved job: in the job, in its group, or in `defaults`. */
export function whereWritten(
  path: string[],
  jobPath: string[],
  job: JobConfig,
  groupPath: string[],
  group: GroupConfig,
): string[] {
  const [first, field = ''] = path;
  if (first !== 'pod' && !(first === 'container' && field === 'resources')) return [...jobPath, ...path];
  const has = (from: { pod?: object | undefined; container?: object | undefined }) => field in (from[first] ?? {});
  return [...(has(job) ? jobPath : has(group) ? groupPath : ['defaults']), ...path];
}
