import type { GroupRun } from '../../contract/group-run.ts';
import { ACCEPTED_AT_ANNOTATION } from '../../contract/labels.ts';
import { runSummary } from './run-view.ts';
import type { RunList, RunsQuery } from './schemas.ts';

/** A run's place in the list. Unlike an offset, that of a page's last run stays valid while runs are created and deleted. */
interface PageCursor {
  /** RFC 3339 in whole seconds, as the API server writes it. */
  creationTimestamp: string;
  /** Milliseconds since the epoch; 0 if unknown, as for a run made with kubectl. Undefined in a cursor of an earlier version. */
  acceptedAt: number | undefined;
  name: string;
}

/** Of the parameters on a page: 500 runs may have 128 MB of them. */
const MAX_PAGE_CHARACTERS = 1024 * 1024;

/** One page of the runs that match a query, newest first: at most `limit`, fewer if their parameters are large. */
export function runPage(runs: GroupRun[], query: RunsQuery): RunList {
  const after = query.continue === undefined ? undefined : parseCursor(query.continue);
  const matching = runs
    .filter(({ spec }) => query.group === undefined || spec.group === query.group)
    .filter(({ status }) => query.state === undefined || (status?.state ?? 'PENDING') === query.state)
    .map((run) => ({ run, cursor: cursorOf(run) }))
    .filter(({ cursor }) => !after || compare(cursor, after) > 0);
  const page = firstThatFit(smallest(matching, query.limit, (a, b) => compare(a.cursor, b.cursor)));
  const hasMore = matching.length > page.length;
  return {
    runs: page.map(({ run }) => runSummary(run)),
    ...(hasMore && { continue: formatCursor(page.at(-1)!.cursor) }),
  };
}

/** The `count` smallest items in order, without sorting all of them. */
function smallest<T>(items: T[], count: number, order: (a: T, b: T) => number): T[] {
  const found: T[] = [];
  for (const item of items) {
    if (found.length === count && order(item, found.at(-1)!) >= 0) continue;
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(found[middle]!, item) <= 0) low = middle + 1;
      else high = middle;
    }
    found.splice(low, 0, item);
    if (found.length > count) found.pop();
  }
  return found;
}

/** The first of these runs, at least one, whose parameters fit on a page together. */
function firstThatFit<T extends { run: GroupRun }>(runs: T[]): T[] {
  let room = MAX_PAGE_CHARACTERS;
  const tooMany = runs.findIndex(({ run }, index) => {
    for (const value of Object.values(run.spec.parameters ?? {})) room -= value.length;
    return room < 0 && index > 0;
  });
  return tooMany < 0 ? runs : runs.slice(0, tooMany);
}

/** Of the runs in the cache, which never change: a new version is another object. */
const cursors = new WeakMap<GroupRun, PageCursor>();

function cursorOf(run: GroupRun): PageCursor {
  const known = cursors.get(run);
  if (known) return known;
  const { creationTimestamp, name, annotations } = run.metadata;
  const acceptedAt = Date.parse(annotations?.[ACCEPTED_AT_ANNOTATION] ?? '');
  const cursor = { creationTimestamp, acceptedAt: acceptedAt > 0 ? acceptedAt : 0, name };
  cursors.set(run, cursor);
  return cursor;
}

/** Newest first; within a second by when the API accepted the run, then by name. */
function compare(a: PageCursor, b: PageCursor): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? 1 : -1;
  // The earlier version sorted by name here. So its cursor hides no run that its pages have not shown.
  if (a.acceptedAt !== undefined && b.acceptedAt !== undefined && a.acceptedAt !== b.acceptedAt) {
    return b.acceptedAt - a.acceptedAt;
  }
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** RunsQuery holds the pattern of this text. */
const formatCursor = ({ creationTimestamp, acceptedAt, name }: PageCursor): string =>
  [creationTimestamp, acceptedAt, name].join('_');

function parseCursor(text: string): PageCursor {
  const parts = text.split('_');
  const acceptedAt = parts.length > 2 ? Number(parts[1]) : undefined;
  return { creationTimestamp: parts[0]!, acceptedAt, name: parts.at(-1)! };
}
