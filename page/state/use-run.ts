import { useEffect, useState } from 'preact/hooks';
import { follow } from '../../client/follow.ts';
import { ApiError } from '../../client/http.ts';
import type { ServerEvent } from '../../client/sse.ts';
import type { RunView } from '../../client/views.ts';
import { withEvents } from '../model/run-jobs.ts';
import { isOver } from '../model/states.ts';
import { perFrame } from './per-frame.ts';
import { useSession } from './session.ts';

const RETRY_MS = 2_000;

interface RunState {
  run: RunView | undefined;
  error: Error | undefined;
}

/** A run with its jobs, followed while `isLive` until it is over. */
export function useRun(id: string, isLive: boolean): RunState {
  const session = useSession();
  const [state, setState] = useState<RunState & { id: string }>({ id, run: undefined, error: undefined });

  useEffect(() => {
    if (!isLive) return;
    const abort = new AbortController();
    const { signal } = abort;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const load = async (then: (run: RunView) => void) => {
      try {
        const run = await session.calls.run(id);
        if (signal.aborted) return;
        setState({ id, run, error: undefined });
        then(run);
      } catch (error) {
        if (signal.aborted) return;
        setState((before) => ({ ...before, id, error: error as Error }));
        if (error instanceof ApiError && !error.isTemporary) return session.link.set('refused');
        session.link.set('lost');
        retry = setTimeout(() => void load(then), RETRY_MS);
      }
    };
    const changes = perFrame<ServerEvent>((events) =>
      setState((before) => (before.run ? { ...before, run: withEvents(before.run, events) } : before)),
    );
    const start = (run: RunView) => {
      if (isOver(run.state)) return session.link.set('ended');
      void follow(
        session.http,
        `/runs/${id}/events`,
        {
          onEvents: (events) => changes.push(events),
          onLink(link, error) {
            session.link.set(link);
            if (link === 'refused' && error) setState((before) => ({ ...before, error }));
            // Events leave out changes of a message or of times alone.
            if (link === 'ended') void load(() => {});
          },
        },
        signal,
      );
    };
    void load(start);
    return () => {
      abort.abort();
      clearTimeout(retry);
      changes.cancel();
    };
  }, [session, id, isLive]);

  return state.id === id ? state : { run: undefined, error: undefined };
}
