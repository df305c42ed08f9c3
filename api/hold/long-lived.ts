import type { Response } from 'express';
import { errorMessage } from '../../process/log.ts';
import { contextOf } from '../http/context.ts';
import { HttpError, ServiceUnavailable } from '../http/http-error.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';

/** A response that may stay open for long. */
export interface LongLived {
  /** Aborts when the client disconnects, its caller loses the right, time is up or the service stops. */
  signal: AbortSignal;
  /** Must be called when the response ends. */
  release(): void;
}

export interface LongLivedDeps {
  /** Limits how many responses stay open at a time. */
  longLivedLimit: ConcurrencyLimit;
  /** Aborts when the service stops. */
  stopping: AbortSignal;
  /** How often the right of an open response is checked again, milliseconds; 30 s by default. */
  recheckMs?: number;
}

interface Options {
  /** How long the response may stay open, milliseconds. */
  ms: number;
  /** Throws an HttpError (401, 403) once the caller may not get the response any more. Other errors, such as an outage, end nothing. */
  recheck?: () => Promise<unknown>;
}

const RECHECK_MS = 30_000;

/** Counts a response that may stay open for long. Throws an HttpError (429, 503) if too many are open. */
export function openLongLived(
  { longLivedLimit, stopping, recheckMs = RECHECK_MS }: LongLivedDeps,
  response: Response,
  { ms, recheck }: Options,
): LongLived {
  const context = contextOf(response);
  const releaseLimit = longLivedLimit.acquire(context.rateLimitKey);
  const ended = new AbortController();
  const end = () => ended.abort();
  const timer = setTimeout(end, ms);
  const endIfRefused = (error: unknown) => {
    if (ended.signal.aborted || error instanceof ServiceUnavailable) return;
    const isRefused = error instanceof HttpError && [401, 403].includes(error.status);
    const what = isRefused
      ? 'the caller lost the right to an open response'
      : 'the right to an open response is not known';
    context.log(what, { error: errorMessage(error) }, isRefused ? 'info' : 'warn');
    if (isRefused) end();
  };
  const rechecks = recheck && setInterval(() => recheck().catch(endIfRefused), recheckMs);
  response.once('close', end);
  stopping.addEventListener('abort', end, { once: true });
  // Neither is signalled again if it happened before the listeners were added.
  if (stopping.aborted || response.destroyed) end();
  return {
    signal: ended.signal,
    release() {
      clearTimeout(timer);
      clearInterval(rechecks);
      stopping.removeEventListener('abort', end);
      releaseLimit();
    },
  };
}
