import type { GroupRun } from '../../contract/group-run.ts';
import { runSummary } from './run-view.ts';
import type { RunList, RunsQuery } from './schemas.ts';

/** The last run of a page. Unlike an offset it stays valid while runs are created and deleted. */
type PageCursor = Pick<GroupRun['metadata'], 'creationTimestamp' | 'name'>;

/** One page of the runs that match a query, newest first. */
export function runPage(runs: GroupRun[], query: RunsQuery): RunList {
  const after = query.continue === undefined ? undefined : parseCursor(query.continue);
  const matching = runs
    .filter(({ spec }) => query.group === undefined || spec.group === query.group)
    .filter(({ status }) => query.state === undefined || (status?.state ?? 'PENDING') === query.state)
    .filter(({ metadata }) => !after || compare(metadata, after) > 0)
    .sort((a, b) => compare(a.metadata, b.metadata));
  const page = matching.slice(0, query.limit);
  const hasMore = matching.length > page.length;
  return { runs: page.map(runSummary), ...(hasMore && { continue: formatCursor(page.at(-1)!.metadata) }) };
}

/** Newest first, then by name: a creationTimestamp has whole seconds only. */
function compare(a: PageCursor, b: PageCursor): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? 1 : -1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** RunsQuery holds the pattern of this text. */
const formatCursor = ({ creationTimestamp, name }: PageCursor): string => `${creationTimestamp}_${name}`;

function parseCursor(text: string): PageCursor {
  const [creationTimestamp = '', name = ''] = text.split('_');
  return { creationTimestamp, name };
}
