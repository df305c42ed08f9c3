import type { RunSummary } from '../../client/views.ts';
import { PERIODS, type RunsAddress } from './address.ts';
import { secondsOf } from './time.ts';

export type Runs = ReadonlyMap<string, RunSummary>;

/** The runs with these changes; undefined for a deleted run. */
export function withChanges(runs: Runs, changes: ReadonlyMap<string, RunSummary | undefined>): Runs {
  const next = new Map(runs);
  for (const [id, run] of changes) {
    if (run) next.set(id, run);
    else next.delete(id);
  }
  return next;
}

type Filter = Omit<RunsAddress, 'view'>;

const isMatch = (run: RunSummary, { group, state, since, id }: Filter, now: number): boolean =>
  (!group || run.group === group) &&
  (!state || run.state === state) &&
  (!since || (secondsOf(run.createdAt) ?? 0) >= now - PERIODS[since]) &&
  (!id || run.id.startsWith(id.trim().toLowerCase()));

/**
 * The runs that match, newest first. Runs older than `oldest`, the end of the pages that were read, are left out: between them and
 * the pages others may be missing.
 */
export function matchingRuns(runs: Runs, filter: Filter, now: number, oldest = ''): RunSummary[] {
  return [...runs.values()]
    .filter((run) => run.createdAt >= oldest && isMatch(run, filter, now))
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? 1 : -1));
}

/** How many of the runs are in each state, whatever state the filter asks for. */
export function countRuns(runs: Runs, filter: Filter, now: number, oldest = ''): Record<RunSummary['state'], number> {
  const counts = { PENDING: 0, STARTED: 0, RETRY: 0, SUCCESS: 0, FAILURE: 0, REVOKED: 0 };
  for (const run of matchingRuns(runs, { ...filter, state: undefined }, now, oldest)) counts[run.state] += 1;
  return counts;
}

/** Whether pages further back can have runs that match. */
export const canReadOn = (oldest: string, { since }: Filter, now: number): boolean =>
  !since || oldest === '' || (secondsOf(oldest) ?? 0) >= now - PERIODS[since];
