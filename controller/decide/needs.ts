import { type GroupRun, isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { needsOf } from '../../contract/needs.ts';
import { compareTimes } from './time.ts';

/** A job of the same run that must succeed first. */
export interface NeededJob {
  name: string;
  /** Its index in the run, from 0. */
  index: number;
  status: JobStatus | undefined;
}

interface Waiting {
  job?: object | undefined;
  previous?: Pick<JobStatus, 'jobUID'> | undefined;
  needed: NeededJob[];
}

export const WAITS_FOR_JOBS = 'WaitsForJobs';
export const DEPENDENCY_FAILED = 'DependencyFailed';
/** A message is stored for each of a thousand jobs. */
const MAX_NAMES = 5;

/** For each job of a run the jobs of that run that it needs. Those of an earlier run have succeeded. */
export function neededJobs({ spec, status }: GroupRun): NeededJob[][] {
  const indexes = new Map(spec.jobs.map(({ name }, index) => [name, index]));
  return spec.jobs.map((definition) =>
    needsOf(definition).flatMap((name) => {
      const index = indexes.get(name);
      return index === undefined ? [] : { name, index, status: status?.jobs?.[index] };
    }),
  );
}

/** The needed jobs that have not succeeded. None once the job has had a Job: then all of them had. */
export const waitsFor = ({ job, previous, needed }: Waiting): NeededJob[] =>
  job || previous?.jobUID !== undefined ? [] : needed.filter(({ status }) => status?.state !== 'SUCCESS');

/** Why a job can never start: one that it needs ended otherwise than SUCCESS. */
export function dependencyFailure(waiting: Waiting): { reason: string; message: string } | undefined {
  const failed = waitsFor(waiting).find(({ status }) => status && isTerminal(status.state))?.status;
  if (!failed) return undefined;
  return {
    reason: DEPENDENCY_FAILED,
    message: `It needs ${failed.name}, which is ${failed.state}${reasonOf(failed)}.`,
  };
}

/** What a job waits for; undefined if nothing. */
export function waitingCause(waiting: Waiting): { reason: string; message: string } | undefined {
  const names = waitsFor(waiting).map(({ name }) => name);
  if (names.length === 0) return undefined;
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return { reason: WAITS_FOR_JOBS, message: `It waits for ${names.slice(0, MAX_NAMES).join(', ')}${more}.` };
}

/** Of a run whose jobs fail together: the job that failed first, as far as it is known; else undefined. */
export function groupFailure({ spec, status }: Pick<GroupRun, 'spec' | 'status'>): JobStatus | undefined {
  if (spec.onFailure !== 'cancel') return undefined;
  const failed = status?.jobs?.filter(({ state }) => state === 'FAILURE') ?? [];
  return failed.toSorted((a, b) => compareTimes(a.finishedAt, b.finishedAt))[0];
}

/** Why the others of a run are stopped after this job's failure. */
export const groupFailureMessage = (failed: JobStatus): string => `The job ${failed.name} failed${reasonOf(failed)}.`;

const reasonOf = ({ reason, exitCode }: JobStatus): string =>
  `${reason ? `: ${reason}` : ''}${exitCode === undefined ? '' : `, exit code ${exitCode}`}`;
