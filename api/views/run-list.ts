import type { GroupRun } from '../../contract/group-run.ts';
import { runSummary } from './run-view.ts';
import type { RunList, RunsQuery } from './schemas.ts';

/** Where a page ended. Runs made or deleted meanwhile neither repeat nor hide others. */
type PageCursor = Pick<GroupRun['metadata'], 'creationTimestamp' | 'name'>;

/** One page of the runs that a query asks for, newest first. */
export function runPage(runs: GroupRun[], query: RunsQuery): RunList {
  const after = query.continue === undefined ? undefined : parseCursor(query.continue);
  const found = runs
    .filter(({ spec }) => query.group === undefined || spec.group === query.group)
    .filter(({ status }) => query.state === undefined || (status?.state ?? 'PENDING') === query.state)
    .filter(({ metadata }) => !after || compare(metadata, after) > 0)
    .sort((a, b) => compare(a.metadata, b.metadata));
  const page = found.slice(0, query.limit);
  const more = found.length > page.length;
  return { runs: page.map(runSummary), ...(more && { continue: formatCursor(page.at(-1)!.metadata) }) };
}

/** Newest first; the API server's times have no more than seconds. */
function compare(a: PageCursor, b: PageCursor): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? 1 : -1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** As the schema of the query has it. */
const formatCursor = ({ creationTimestamp, name }: PageCursor): string => `${creationTimestamp}_${name}`;

function parseCursor(text: string): PageCursor {
  const [creationTimestamp = '', name = ''] = text.split('_');
  return { creationTimestamp, name };
}
