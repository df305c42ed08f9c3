import { isTerminal, type JobState, type JobStatus } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import { needsOf } from '../../contract/needs.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { resultValue } from './result-value.ts';
import type { JobView, RunSummary, RunView } from './schemas.ts';

/** PENDING until the controller has written a status. */
export const stateOf = ({ status }: RunRecord): JobState => status?.state ?? 'PENDING';

/** A run as REST shows it, without its jobs; the values are those that kubectl shows. */
export function runSummary(run: RunRecord): RunSummary {
  const { metadata, spec, status } = run;
  const { group, parameters, parallelism, onFailure, rerunOf, cancel, jobs } = spec;
  return {
    id: runIdOf(metadata),
    name: metadata.name,
    group,
    parameters,
    parallelism,
    onFailure,
    rerunOf,
    cancel,
    state: stateOf(run),
    createdAt: metadata.creationTimestamp,
    startedAt: status?.startedAt,
    finishedAt: status?.finishedAt,
    counts: status?.counts ?? { pending: jobs.length, started: 0, retry: 0, success: 0, failure: 0, revoked: 0 },
  };
}

export const runView = (run: RunRecord): RunView => ({ ...runSummary(run), jobs: jobStatuses(run) });

/** The status of each job, in the order of the definitions. */
export const jobStatuses = (run: RunRecord): JobView[] => run.spec.jobs.map((_, index) => jobStatusAt(run, index));

/** As `jobStatuses`, of the job at this index (from 0) only. */
export function jobStatusAt(run: RunRecord, index: number): JobView {
  const { attempts, result, ...stored } = storedStatusAt(run, index);
  const needs = needsOf(run.spec.jobs[index]!);
  const tries = attempts ?? (stored.startedAt ? 1 : undefined);
  return {
    id: jobId(runIdOf(run.metadata), index + 1),
    ...(needs.length > 0 && { needs }),
    ...(tries && { attempts: tries }),
    ...stored,
    ...(result !== undefined && { result: resultValue(result) }),
  };
}

/** As `jobStatusAt`, without what it derives: to look at the states of many jobs. */
export const storedStatusAt = (run: RunRecord, index: number): JobStatus =>
  run.status?.jobs?.at(index) ?? unstoredStatus(run, run.spec.jobs[index]!.name);

/** Reasons of a run that ends before any of its Jobs is created. */
const REJECTED = ['SpecTooLarge', 'InvalidDefinition'];

/**
 * The status of a job that has none stored: PENDING until the controller has written one. A run that is over may lack them
 * because they were too large to store: then each has the run's state.
 */
function unstoredStatus({ status }: RunRecord, name: string): JobStatus {
  const end = status && isTerminal(status.state) ? status : undefined;
  const reason = end?.conditions?.find(({ type }) => type === 'Succeeded')?.reason;
  return { name, state: end?.state ?? 'PENDING', ...(reason && REJECTED.includes(reason) && { reason }) };
}

/** The jobs that reached a terminal state between two versions of a run. */
export function justFinished(previous: RunRecord | undefined, current: RunRecord | undefined): JobStatus[] {
  if (!previous) return [];
  const wasOver = (index: number) => isTerminal(previous.status?.jobs?.at(index)?.state ?? 'PENDING');
  const jobs = current?.status?.jobs;
  return Array.from({ length: jobs?.length ?? 0 }, (_, index) => jobs!.at(index)!).filter(
    (job, index) => isTerminal(job.state) && !wasOver(index),
  );
}
