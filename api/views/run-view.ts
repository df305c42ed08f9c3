import { type GroupRun, isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import type { RunSummary, RunView } from './schemas.ts';

/** A run as REST shows it, without its jobs; the values are those that kubectl shows. */
export function runSummary(run: GroupRun): RunSummary {
  const { metadata, spec, status } = run;
  const { group, parameters, parallelism, rerunOf, cancel, jobs } = spec;
  return {
    id: runIdOf(metadata),
    name: metadata.name,
    group,
    parameters,
    parallelism,
    rerunOf,
    cancel,
    state: status?.state ?? 'PENDING',
    createdAt: metadata.creationTimestamp,
    startedAt: status?.startedAt,
    finishedAt: status?.finishedAt,
    counts: status?.counts ?? { pending: jobs.length, started: 0, retry: 0, success: 0, failure: 0, revoked: 0 },
  };
}

export const runView = (run: GroupRun): RunView => ({ ...runSummary(run), jobs: jobStatuses(run) });

/**
 * The stored status of each job, in the order of the definitions; PENDING until the controller has written one. A run that is over
 * may lack them if they were too large to store: then each has the run's state.
 */
export function jobStatuses({ metadata, spec, status }: GroupRun): JobStatus[] {
  const stored = new Map(status?.jobs?.map((job) => [job.name, job]));
  const runId = runIdOf(metadata);
  const end = status && isTerminal(status.state) ? status : undefined;
  const reason = end?.conditions?.find(({ type }) => type === 'Succeeded')?.reason;
  const unstored = { state: end?.state ?? 'PENDING', ...(reason === 'SpecTooLarge' && { reason }) };
  return spec.jobs.map(({ name }, index) => stored.get(name) ?? { name, id: jobId(runId, index + 1), ...unstored });
}

/** The jobs that reached a terminal state between two versions of a run. */
export function justFinished(previous: GroupRun | undefined, current: GroupRun | undefined): JobStatus[] {
  const previousStates = new Map(previous?.status?.jobs?.map((job) => [job.name, job.state]));
  const finished = current?.status?.jobs?.filter((job) => isTerminal(job.state)) ?? [];
  return previous ? finished.filter((job) => !isTerminal(previousStates.get(job.name) ?? 'PENDING')) : [];
}
