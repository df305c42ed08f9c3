import { type GroupRun, type GroupRunStatus, isTerminal } from '../kube/group-run.ts';
import { jobId, runBase } from '../kube/ids.ts';
import { runStatus } from './run-status.ts';
import { jobStatus } from './status.ts';
import type { Job, Pod } from './types.ts';

export interface ObservedRun {
  run: GroupRun;
  /** By name, which is the job's id. */
  jobs: Map<string, Job>;
  pods: Map<string, Pod[]>;
  /** Ids of Jobs that were recorded and that the API server says are gone. */
  vanished: Set<string>;
  /** Why the API server refused a Job for good, by id. */
  rejected: Map<string, string>;
}

/** The ids of this run's jobs, in order. */
export const jobIds = (run: GroupRun): string[] => {
  const base = runBase(run.metadata);
  return run.spec.jobs.map((_, index) => jobId(base, index + 1));
};

/** The jobs (by index from 1) that have no Job yet. One that was recorded or is over is never made again. */
export function jobsToCreate({ run, jobs, rejected }: ObservedRun): number[] {
  const recorded = new Set(run.status?.jobs?.filter((job) => job.jobUID || isTerminal(job.state)).map((job) => job.id));
  return jobIds(run).flatMap((id, position) =>
    recorded.has(id) || jobs.has(id) || rejected.has(id) ? [] : [position + 1],
  );
}

/** The status that the observation calls for. */
export function plannedStatus(observed: ObservedRun, now: Date): GroupRunStatus {
  const { run, jobs, pods, vanished, rejected } = observed;
  const recorded = new Map(run.status?.jobs?.map((job) => [job.id, job]));
  const statuses = jobIds(run).map((id, position) => {
    const why = rejected.get(id);
    return jobStatus(
      {
        definition: run.spec.jobs[position]!,
        id,
        previous: recorded.get(id),
        job: jobs.get(id),
        pods: pods.get(id) ?? [],
        vanished: vanished.has(id),
        ...(why === undefined ? {} : { rejected: why }),
      },
      now,
    );
  });
  return runStatus(run, statuses, now);
}
