import type { Response } from 'express';
import { contextOf } from '../http/context.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';

/** A response that may stay open for long. */
export interface LongLived {
  /** Aborts when the client disconnects, time is up or the service stops. */
  signal: AbortSignal;
  /** Must be called when the response ends. */
  release(): void;
}

export interface LongLivedDeps {
  /** Limits how many responses stay open at a time. */
  longLivedLimit: ConcurrencyLimit;
  /** Aborts when the service stops. */
  stopping: AbortSignal;
}

/** Counts a response that may stay open for `ms` milliseconds. Throws an HttpError (429, 503) if too many are open. */
export function openLongLived({ longLivedLimit, stopping }: LongLivedDeps, response: Response, ms: number): LongLived {
  const releaseLimit = longLivedLimit.acquire(contextOf(response).rateLimitKey);
  const ended = new AbortController();
  const end = () => ended.abort();
  const timer = setTimeout(end, ms);
  response.once('close', end);
  stopping.addEventListener('abort', end, { once: true });
  // Neither is signalled again if it happened before the listeners were added.
  if (stopping.aborted || response.destroyed) end();
  return {
    signal: ended.signal,
    release() {
      clearTimeout(timer);
      stopping.removeEventListener('abort', end);
      releaseLimit();
    },
  };
}
