import type { State } from '../../client/views.ts';

export const STATES = ['PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED'] as const satisfies State[];

/** How far back the list of runs goes, in seconds. */
export const PERIODS = { hour: 3600, day: 86_400, week: 604_800 };
export type Period = keyof typeof PERIODS;

export interface RunsAddress {
  view: 'runs';
  group?: string | undefined;
  state?: State | undefined;
  since?: Period | undefined;
  /** The beginning of an id. */
  id?: string | undefined;
}

/** Which jobs of a run are shown. */
export type JobFilter = 'all' | 'failed' | 'active';

export interface RunAddress {
  view: 'run';
  id: string;
  only?: JobFilter | undefined;
  /** A part of a job's name. */
  name?: string | undefined;
}

export type Address =
  | RunsAddress
  | { view: 'groups'; group?: string | undefined }
  | RunAddress
  /** `number` of the job, from 1. */
  | { view: 'job'; id: string; number: number };

/** The view that a location's hash names; the list of runs for anything else. */
export function parseAddress(hash: string): Address {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const query = new URLSearchParams(search);
  const text = (name: string) => query.get(name) || undefined;
  const oneOf = <T extends string>(name: string, values: readonly T[]) => values.find((one) => one === query.get(name));
  const [view, id, jobs, number] = path.split('/').map(decode);
  if (view === 'groups') return { view, group: id || undefined };
  if (view === 'runs' && id && jobs === 'jobs' && /^[1-9]\d{0,3}$/.test(number ?? '')) {
    return { view: 'job', id, number: Number(number) };
  }
  if (view === 'runs' && id) return { view: 'run', id, only: oneOf('only', ['failed', 'active']), name: text('name') };
  return {
    view: 'runs',
    group: text('group'),
    state: oneOf('state', STATES),
    since: oneOf('since', Object.keys(PERIODS) as Period[]),
    id: text('id'),
  };
}

/** The hash that `parseAddress` reads as this address. */
export function formatAddress(address: Address): string {
  switch (address.view) {
    case 'groups':
      return `#/groups${address.group ? `/${encodeURIComponent(address.group)}` : ''}`;
    case 'job':
      return `#/runs/${encodeURIComponent(address.id)}/jobs/${address.number}`;
    case 'run': {
      const { id, only, name } = address;
      return `#/runs/${encodeURIComponent(id)}${format({ only: only === 'all' ? undefined : only, name })}`;
    }
    case 'runs': {
      const { group, state, since, id } = address;
      return `#/runs${format({ group, state, since, id })}`;
    }
  }
}

function format(fields: Record<string, string | undefined>): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => Boolean(field[1]));
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
