import { randomUUID } from 'node:crypto';
import type { GroupRun } from '../contract/group-run.ts';
import type { Product } from '../test/support/harness.ts';

/** Numbers of jobs of the measured runs. */
export const SIZES = [3, 100, 1000] as const;
export type Size = (typeof SIZES)[number];
/** One figure for each size. */
export type BySize<T> = Record<Size, T>;

const LIMITS = { activeDeadlineSeconds: 600, pendingDeadlineSeconds: 500, backoffLimit: 0 };

export const groupName = (size: number): string => `group_${size}`;
const jobName = (index: number): string => `job_${index + 1}`;

/** Writes a configuration with a group for each size, whose jobs take a second. Returns the path of the file. */
export function writeGroups(product: Product, sizes: readonly number[]): Promise<string> {
  const work = { sleep: { seconds: 1 } };
  const jobs = (size: number) => Object.fromEntries(Array.from({ length: size }, (_, index) => [jobName(index), work]));
  const groups = Object.fromEntries(sizes.map((size) => [groupName(size), { jobs: jobs(size) }]));
  return product.writeConfig({ defaults: LIMITS, groups });
}

/** A name for a run of the limit: only the API may name one by its run id (manifests/core/run-policy.yaml). */
export const newName = (): string => `bench-${randomUUID()}`;

/** A new run of that many jobs, as a client would create it. */
export const newRun = (size: number, group = groupName(size)): Pick<GroupRun, 'spec'> & NewObject => ({
  apiVersion: 'async-api.dev/v1alpha1',
  kind: 'GroupRun',
  metadata: { name: newName() },
  spec: {
    group,
    jobs: Array.from({ length: size }, (_, index) => ({ name: jobName(index), sleep: { seconds: 1 }, ...LIMITS })),
  },
});

export interface NewObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
}
