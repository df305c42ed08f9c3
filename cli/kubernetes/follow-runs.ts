import { runSummary } from '../../api/views/run-view.ts';
import { type EventCursor, eventsSince, initialCursor, isAtEnd } from '../../api/views/sse.ts';
import type { RunsFilter } from '../../client/calls.ts';
import type { Follower } from '../../client/follow.ts';
import { ApiError } from '../../client/http.ts';
import { pause } from '../../client/pause.ts';
import type { GroupRun } from '../../contract/group-run.ts';
import type { StoredRuns } from './stored-runs.ts';

const RETRY_MS = 2_000;

/** Follows a run with a watch, and gives the events that the REST service would send. */
export async function followRun(
  runs: StoredRuns,
  id: string,
  { onEvents, onLink }: Follower,
  signal: AbortSignal,
): Promise<void> {
  let cursor: EventCursor | undefined;
  /** Whether the run is over. */
  const take = (run: GroupRun): boolean => {
    const { events, cursor: next } = eventsSince(cursor ?? initialCursor(run), run);
    cursor = next;
    if (events.length > 0) onEvents(events.map(({ event, data }) => ({ event, data: JSON.stringify(data) })));
    return isAtEnd(next);
  };
  await untilOver(onLink, signal, async () => {
    const run = await runs.get(id);
    onLink('live');
    if (take(run)) return true;
    const { name, resourceVersion } = run.metadata;
    for await (const { type, object } of await runs.watch(resourceVersion, signal, name)) {
      if (type === 'DELETED') throw new ApiError(404, { detail: `Run ${id} was deleted.` });
      if (type !== 'BOOKMARK' && take(object as GroupRun)) return true;
    }
    return false;
  });
}

/** Follows the changes of all runs from now on. */
export async function followRuns(
  runs: StoredRuns,
  { group, state }: RunsFilter,
  { onEvents, onLink }: Follower,
  signal: AbortSignal,
): Promise<void> {
  await untilOver(onLink, signal, async () => {
    const { metadata } = await runs.list();
    onLink('live');
    for await (const { type, object } of await runs.watch(metadata.resourceVersion, signal)) {
      if (type !== 'ADDED' && type !== 'MODIFIED') continue;
      const summary = runSummary(object as GroupRun);
      if ((group && summary.group !== group) || (state && summary.state !== state)) continue;
      onEvents([{ event: 'run', data: JSON.stringify(summary) }]);
    }
    return false;
  });
}

/** Repeats `once` until it says that it is over, the signal aborts or the API server refuses. */
async function untilOver(onLink: Follower['onLink'], signal: AbortSignal, once: () => Promise<boolean>): Promise<void> {
  onLink('connecting');
  while (!signal.aborted) {
    try {
      if (await once()) return onLink('ended');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && [401, 403, 404].includes(error.status)) return onLink('refused', error);
      onLink('lost');
      await pause(RETRY_MS, signal);
    }
  }
}
