import type { RunRecord } from '../../contract/run-record.ts';
import { cursorOf, formatCursor, type PageCursor, parseCursor } from './page-cursor.ts';
import { runSummary, stateOf } from './run-view.ts';
import type { RunList, RunsQuery } from './schemas.ts';

/** Of the parameters on a page: 500 runs may have 128 MB of them. */
const MAX_PAGE_CHARACTERS = 1024 * 1024;

/** Where a page takes its runs from. */
interface RunSource {
  /** The runs of all groups or of one, newest first, from the first after this place. */
  list(group?: string, after?: PageCursor): IteratorObject<RunRecord>;
}

/**
 * One page of the visible runs that match a query, newest first: at most `limit`, fewer if their parameters are large. Reads no
 * further than to the first run after the page.
 */
export function runPage(runs: RunSource, query: RunsQuery, isVisible: (run: RunRecord) => boolean): RunList {
  const { group, state, limit } = query;
  const after = query.continue === undefined ? undefined : parseCursor(query.continue);
  const page: RunRecord[] = [];
  let room = MAX_PAGE_CHARACTERS;
  for (const run of runs.list(group, after)) {
    if ((state !== undefined && stateOf(run) !== state) || !isVisible(run)) continue;
    for (const value of Object.values(run.spec.parameters ?? {})) room -= value.length;
    const isFull = page.length === limit || (room < 0 && page.length > 0);
    if (isFull) return { runs: page.map(runSummary), continue: formatCursor(cursorOf(page.at(-1)!.metadata)) };
    page.push(run);
  }
  return { runs: page.map(runSummary) };
}
