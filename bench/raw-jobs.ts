import type { GroupRun } from '../contract/group-run.ts';
import { newRunId } from '../contract/ids.ts';
import { paths } from '../contract/paths.ts';
import { buildJob } from '../controller/decide/job.ts';
import { newRun } from './groups.ts';
import { overConnections, type RawClient } from './raw.ts';

/** Creates the GroupRun that owns the Jobs of the limit. Without an owner, garbage collection would delete them. */
export const createOwner = (raw: RawClient, namespace: string): Promise<GroupRun> =>
  raw.request<GroupRun>('POST', paths(namespace).runs, newRun(1));

/** The Jobs that the controller would create for so many new runs of `size` jobs, but with this owner. */
export function rawJobs(owner: GroupRun, runs: number, size: number, jobImage: string): object[] {
  const { spec } = newRun(size);
  const { name, uid } = owner.metadata;
  return Array.from({ length: runs }, () => newRunId()).flatMap((runId) => {
    const run = { ...owner, metadata: { ...owner.metadata, name: runId }, spec };
    return spec.jobs.map((_, index) => {
      const job = buildJob(run, index + 1, jobImage);
      const ownerReferences = job.metadata.ownerReferences.map((one) => ({ ...one, name, uid }));
      return { ...job, metadata: { ...job.metadata, ownerReferences } };
    });
  });
}

export const createJobs = (raw: RawClient, namespace: string, jobs: object[]): Promise<void> =>
  overConnections(jobs, (job) => raw.text('POST', paths(namespace).jobs, job));
