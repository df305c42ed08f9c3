import type { Response } from 'express';
import { contextOf } from '../http/context.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';

/** What an answer that is held open may use, and must end with. */
export interface LongLived {
  /** Aborts when the caller has gone, time is up or the service stops. */
  signal: AbortSignal;
  release(): void;
}

export interface LongLivedDeps {
  /** Bounds how many responses stay open at a time. */
  longLivedLimit: ConcurrencyLimit;
  /** Aborts when the service stops. */
  stopping: AbortSignal;
}

/** Takes a slot for an answer that may stay open for `ms` milliseconds. Throws an HttpError where there are too many. */
export function openLongLived({ longLivedLimit, stopping }: LongLivedDeps, response: Response, ms: number): LongLived {
  const releaseLimit = longLivedLimit.acquire(contextOf(response).rateLimitKey);
  const gone = new AbortController();
  const end = () => gone.abort();
  const timer = setTimeout(end, ms);
  response.once('close', end);
  stopping.addEventListener('abort', end, { once: true });
  // Who has gone before this says so no more.
  if (stopping.aborted || response.destroyed) end();
  return {
    signal: gone.signal,
    release() {
      clearTimeout(timer);
      stopping.removeEventListener('abort', end);
      releaseLimit();
    },
  };
}
