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

/** The status of each job, in the order of the definitions. */
export function jobStatuses(run: GroupRun): JobStatus[] {
  const stored = new Map(run.status?.jobs?.map((job) => [job.name, job]));
  const unstored = unstoredStatus(run);
  return run.spec.jobs.map(({ name }, index) => stored.get(name) ?? unstored(name, index));
}

/** As `jobStatuses`, of the job at this index (from 0) only. */
export function jobStatusAt(run: GroupRun, index: number): JobStatus {
  const { name } = run.spec.jobs[index]!;
  const stored = run.status?.jobs ?? [];
  const job = stored[index]?.name === name ? stored[index] : stored.find((other) => other.name === name);
  return job ?? unstoredStatus(run)(name, index);
}

/**
 * The status of a job that has none stored: PENDING until the controller has written one. A run that is over may lack them
 * because they were too large to store: then each has the run's state.
 */
function unstoredStatus({ metadata, status }: GroupRun): (name: string, index: number) => JobStatus {
  const runId = runIdOf(metadata);
  const end = status && isTerminal(status.state) ? status : undefined;
  const reason = end?.conditions?.find(({ type }) => type === 'Succeeded')?.reason;
  const rest = { state: end?.state ?? ('PENDING' as const), ...(reason === 'SpecTooLarge' && { reason }) };
  return (name, index) => ({ name, id: jobId(runId, index + 1), ...rest });
}

/** The jobs that reached a terminal state between two versions of a run. */
export function justFinished(previous: GroupRun | undefined, current: GroupRun | undefined): JobStatus[] {
  const previousStates = new Map(previous?.status?.jobs?.map((job) => [job.name, job.state]));
  const finished = current?.status?.jobs?.filter((job) => isTerminal(job.state)) ?? [];
  return previous ? finished.filter((job) => !isTerminal(previousStates.get(job.name) ?? 'PENDING')) : [];
}
