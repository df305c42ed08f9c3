import { useEffect, useRef, useState } from 'preact/hooks';
import { follow } from '../../client/follow.ts';
import type { ServerEvent } from '../../client/sse.ts';
import type { RunSummary } from '../../client/views.ts';
import type { RunsAddress } from '../model/address.ts';
import { type Runs, withChanges } from '../model/run-list.ts';
import { perFrame } from './per-frame.ts';
import { useSession } from './session.ts';

const PAGE = 100;
const MAX_PAGE = 500;

interface RunsState {
  runs: Runs;
  /** When the oldest run of the pages was created; empty when they are all there are. */
  oldest: string;
  next: string | undefined;
  isLoaded: boolean;
  error: Error | undefined;
}

const NOTHING: RunsState = { runs: new Map(), oldest: '', next: undefined, isLoaded: false, error: undefined };

/** The runs of a group in a state, followed while `isLive`; `readOn` reads the next page. */
export function useRuns(
  { group, state: wanted }: RunsAddress,
  isLive: boolean,
): RunsState & { readOn(): Promise<void> } {
  const session = useSession();
  const [state, setState] = useState(NOTHING);
  const shown = useRef(0);
  shown.current = state.runs.size;

  const read = async (limit: number, after: string | undefined, earlier: Runs, signal?: AbortSignal) => {
    try {
      const page = await session.calls.runs({ group, state: wanted, limit, continue: after });
      if (signal?.aborted) return;
      const runs = withChanges(earlier, new Map(page.runs.map((run) => [run.id, run])));
      const oldest = page.continue ? page.runs.at(-1)!.createdAt : '';
      setState({ runs, oldest, next: page.continue, isLoaded: true, error: undefined });
    } catch (error) {
      if (!signal?.aborted) setState((before) => ({ ...before, error: error as Error }));
    }
  };

  useEffect(() => setState(NOTHING), [group, wanted]);
  useEffect(() => {
    if (!isLive) return;
    const abort = new AbortController();
    const reload = () => read(Math.min(MAX_PAGE, Math.max(PAGE, shown.current)), undefined, new Map(), abort.signal);
    const changes = perFrame<ServerEvent>((events) => {
      if (events.some(({ event }) => event === 'reset')) void reload();
      setState((before) => ({ ...before, runs: withChanges(before.runs, changesOf(events)) }));
    });
    const query = group ? `?group=${encodeURIComponent(group)}` : '';
    void follow(
      session.http,
      `/runs/events${query}`,
      {
        onEvents: (events) => changes.push(events),
        onLink(link) {
          session.link.set(link);
          // After the stream is open, so that no change falls in between.
          if (link === 'live' || link === 'refused' || (link === 'lost' && shown.current === 0)) void reload();
        },
      },
      abort.signal,
    );
    return () => {
      abort.abort();
      changes.cancel();
    };
  }, [session, group, wanted, isLive]);

  return { ...state, readOn: () => read(MAX_PAGE, state.next, state.runs) };
}

function changesOf(events: readonly ServerEvent[]): Map<string, RunSummary | undefined> {
  const changes = new Map<string, RunSummary | undefined>();
  for (const { event, data } of events) {
    if (event !== 'run' && event !== 'deleted') continue;
    const run = JSON.parse(data) as RunSummary;
    changes.set(run.id, event === 'run' ? run : undefined);
  }
  return changes;
}
