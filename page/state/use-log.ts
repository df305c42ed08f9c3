import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, send } from '../../client/http.ts';
import type { JobView } from '../../client/views.ts';
import { cutWords } from '../model/cut.ts';
import { LineSplitter } from '../model/log-lines.ts';
import type { LogPhase } from '../model/log-phase.ts';
import { isOver } from '../model/states.ts';
import { LogLines, MAX_LINES } from './log-lines.ts';
import { perFrame } from './per-frame.ts';
import { scrollToEnd } from './scroll-to-end.ts';
import { useSession } from './session.ts';

const RETRY_MS = 2_000;

interface LogState {
  phase: LogPhase;
  lines: number;
  /** Why the beginning may be missing. */
  cut: string | undefined;
}

/** Writes the log of a job into the element of `box`, while `isLive`, and keeps its end in sight while `isFollowing`. */
export function useLog(
  job: JobView,
  box: RefObject<HTMLElement | null>,
  isLive: boolean,
  isFollowing: boolean,
): LogState {
  const session = useSession();
  const [state, setState] = useState<LogState>({ phase: 'loading', lines: 0, cut: undefined });
  const follows = useRef(isFollowing);
  follows.current = isFollowing;
  const wasOver = useRef(isOver(job.state));
  wasOver.current = isOver(job.state);
  const isComplete = useRef(false);

  useEffect(() => {
    if (!isLive || isComplete.current) return;
    const abort = new AbortController();
    const { signal } = abort;
    const set = (changes: Partial<LogState>) => !signal.aborted && setState((before) => ({ ...before, ...changes }));
    let retry: ReturnType<typeof setTimeout> | undefined;

    const read = async () => {
      const follow = !wasOver.current;
      // What a failed job wrote last tells most.
      const startsAtEnd = !follow && job.state === 'FAILURE';
      let shown: LogLines | undefined;
      const splitter = new LineSplitter();
      const show = (lines: readonly string[]) => {
        shown ??= new LogLines(box.current!);
        shown.append(lines);
        set({ lines: shown.count });
        if (startsAtEnd || (follow && follows.current)) scrollToEnd(box.current!);
      };
      const frames = perFrame<string>(show);
      try {
        const response = await send(session.http, `/status/${job.id}/logs?follow=${follow}&tail=${MAX_LINES}`, {
          headers: { Accept: 'text/plain, application/json;q=0.9' },
          signal,
        });
        set({ phase: follow ? 'waiting' : 'loading', cut: cutWords(response.headers.get('Log-May-Be-Cut')) });
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          const lines = splitter.push(value);
          if (follow && lines.length > 0) set({ phase: 'live' });
          frames.push(lines);
        }
        frames.push(splitter.end());
        requestAnimationFrame(() => {
          isComplete.current = true;
          set({ phase: shown ? 'ended' : 'empty' });
        });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.status === 410) return set({ phase: 'gone' });
        if (error instanceof ApiError && !error.isTemporary) return set({ phase: 'broken', cut: error.message });
        set({ phase: 'lost' });
        retry = setTimeout(() => void read(), RETRY_MS);
      } finally {
        if (signal.aborted) frames.cancel();
      }
    };
    void read();
    return () => {
      abort.abort();
      clearTimeout(retry);
    };
  }, [session, job.id, isLive]);
  return state;
}
