import { type GroupRun, isTerminal, type JobState, type JobStatus } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import type { JobView, RunSummary, RunView } from './schemas.ts';

/** PENDING until the controller has written a status. */
export const stateOf = ({ status }: GroupRun): JobState => status?.state ?? 'PENDING';

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
    state: stateOf(run),
    createdAt: metadata.creationTimestamp,
    startedAt: status?.startedAt,
    finishedAt: status?.finishedAt,
    counts: status?.counts ?? { pending: jobs.length, started: 0, retry: 0, success: 0, failure: 0, revoked: 0 },
  };
}

export const runView = (run: GroupRun): RunView => ({ ...runSummary(run), jobs: jobStatuses(run) });

/** The status of each job, in the order of the definitions. */
export const jobStatuses = (run: GroupRun): JobView[] => run.spec.jobs.map((_, index) => jobStatusAt(run, index));

/** As `jobStatuses`, of the job at this index (from 0) only. */
export function jobStatusAt(run: GroupRun, index: number): JobView {
  const { name } = run.spec.jobs[index]!;
  const { attempts, ...stored } = run.status?.jobs?.[index] ?? unstoredStatus(run, name);
  const tries = attempts ?? (stored.startedAt ? 1 : undefined);
  return { id: jobId(runIdOf(run.metadata), index + 1), ...(tries && { attempts: tries }), ...stored };
}

/** Reasons of a run that ends before any of its Jobs is created. */
const REJECTED = ['SpecTooLarge', 'InvalidDefinition'];

/**
 * The status of a job that has none stored: PENDING until the controller has written one. A run that is over may lack them
 * because they were too large to store: then each has the run's state.
 */
function unstoredStatus({ status }: GroupRun, name: string): JobStatus {
  const end = status && isTerminal(status.state) ? status : undefined;
  const reason = end?.conditions?.find(({ type }) => type === 'Succeeded')?.reason;
  return { name, state: end?.state ?? 'PENDING', ...(reason && REJECTED.includes(reason) && { reason }) };
}

/** The jobs that reached a terminal state between two versions of a run. */
export function justFinished(previous: GroupRun | undefined, current: GroupRun | undefined): JobStatus[] {
  if (!previous) return [];
  const wasOver = (index: number) => isTerminal(previous.status?.jobs?.[index]?.state ?? 'PENDING');
  return current?.status?.jobs?.filter((job, index) => isTerminal(job.state) && !wasOver(index)) ?? [];
}
