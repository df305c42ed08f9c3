import type { GroupRights, GroupView, JobView, RunSummary } from '../client/views.ts';
import type { Kind } from './output.ts';
import { formatAge } from './time.ts';

const timeOf = (time: string | undefined, now: number): number => (time ? Date.parse(time) : now);

const pairs = (values: Record<string, string> | undefined): string =>
  Object.entries(values ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

export const totalOf = (counts: RunSummary['counts']): number =>
  Object.values(counts).reduce((sum, one) => sum + one, 0);

const doneOf = ({ success, failure, revoked }: RunSummary['counts']): number => success + failure + revoked;

export const RUNS: Kind<RunSummary> = {
  name: ({ id }) => id,
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'GROUP', value: ({ group }) => group },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'DONE', value: ({ counts }) => `${doneOf(counts)}/${totalOf(counts)}` },
    { title: 'FAILED', value: ({ counts }) => counts.failure },
    { title: 'AGE', value: ({ createdAt }, now) => formatAge(createdAt, now) },
    {
      title: 'TOOK',
      wide: true,
      value: ({ startedAt, finishedAt }, now) => formatAge(startedAt, timeOf(finishedAt, now)),
    },
    { title: 'RERUN OF', wide: true, value: ({ rerunOf }) => rerunOf },
    { title: 'PARAMETERS', wide: true, value: ({ parameters }) => pairs(parameters) },
  ],
};

export const JOBS: Kind<JobView> = {
  name: ({ id }) => id,
  columns: [
    { title: 'JOB', value: ({ name }) => name },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'REASON', value: ({ reason }) => reason },
    { title: 'ATTEMPTS', value: ({ attempts }) => attempts },
    { title: 'TOOK', value: ({ startedAt, finishedAt }, now) => formatAge(startedAt, timeOf(finishedAt, now)) },
    { title: 'ID', value: ({ id }) => id },
    { title: 'EXIT CODE', wide: true, value: ({ exitCode }) => exitCode },
    { title: 'NEEDS', wide: true, value: ({ needs }) => needs?.join(',') },
    { title: 'RESULT', wide: true, value: ({ result }) => (result === undefined ? undefined : JSON.stringify(result)) },
    { title: 'MESSAGE', wide: true, value: ({ message }) => message },
  ],
};

export const GROUPS: Kind<GroupView> = {
  name: ({ name }) => name,
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'JOBS', value: ({ jobs }) => jobs.length },
    { title: 'PROBLEMS', value: ({ problems }) => problems.length },
    {
      title: 'PARAMETERS',
      value: ({ parameters }) =>
        Object.entries(parameters)
          .map(([name, { required }]) => (required ? name : `[${name}]`))
          .join(' '),
    },
    { title: 'PARALLELISM', wide: true, value: ({ parallelism }) => parallelism },
    { title: 'ON FAILURE', wide: true, value: ({ onFailure }) => onFailure ?? 'continue' },
    { title: 'NAMES', wide: true, value: ({ jobs }) => jobs.join(',') },
  ],
};

const yes = (may: boolean): string => (may ? 'yes' : 'no');

export const RIGHTS: Kind<GroupRights> = {
  name: ({ name }) => name,
  columns: [
    { title: 'GROUP', value: ({ name }) => name },
    { title: 'TRIGGER', value: ({ trigger }) => yes(trigger) },
    { title: 'SEE', value: ({ see }) => yes(see) },
    { title: 'CANCEL', value: ({ cancel }) => yes(cancel) },
  ],
};

/** A run that was started, of which no more is known yet. */
export interface Started {
  id: string;
  group: string;
}

export const STARTED: Kind<Started> = {
  name: ({ id }) => id,
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'GROUP', value: ({ group }) => group },
  ],
};

export const CANCELLED: Kind<{ id: string; state: string }> = {
  name: ({ id }) => id,
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'STATE', value: ({ state }) => state },
  ],
};

export const PROBLEMS: Kind<{ kind: string; path: string; line?: number; message: string }> = {
  name: ({ path }) => path,
  columns: [
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'LINE', value: ({ line }) => line },
    { title: 'PATH', value: ({ path }) => path },
    { title: 'MESSAGE', value: ({ message }) => message },
  ],
};
