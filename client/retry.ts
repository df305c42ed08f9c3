import { isTemporary } from './http.ts';
import { pause } from './pause.ts';

export interface RetryOptions {
  /** Tries of a request in all; 6 by default. */
  maxTries?: number;
  /** Called before each pause, with what went wrong and how long the pause is. */
  onRetry?: (why: string, pauseMs: number) => void;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
  now?: () => number;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;
/** With a longer Retry-After the caller decides: nobody watches a command for minutes. */
const MAX_RETRY_AFTER_MS = 60_000;
/** The service answers within 30 s, and begins a stream at once. */
const ANSWER_MS = 35_000;

/**
 * A fetch that repeats a request which was not answered, or with an error that passes. Only for requests that can be repeated, as
 * those of Calls. Waits as Retry-After says, else twice as long each time, with jitter.
 */
export function retryingFetch(fetchOnce: typeof fetch, options: RetryOptions = {}): typeof fetch {
  const { maxTries = 6, onRetry = () => {}, sleep = pause, random = Math.random, now = Date.now } = options;
  return async (path, init = {}) => {
    const signal = init?.signal ?? new AbortController().signal;
    for (let tries = 1; ; tries++) {
      const backoffMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), MAX_PAUSE_MS) * (0.5 + random() / 2);
      let pauseMs = backoffMs;
      let why: string;
      try {
        const response = await answerInTime(fetchOnce, path, init, signal);
        if (!isTemporary(response.status) || tries === maxTries) return response;
        const afterMs = retryAfterMs(response.headers.get('Retry-After'), now());
        if (afterMs !== undefined) {
          if (afterMs > MAX_RETRY_AFTER_MS) return response;
          // Callers that were refused together must not come back together.
          pauseMs = afterMs * (1 + random() / 4) + backoffMs / 10;
        }
        why = `${response.status} ${response.statusText}`.trim();
        await response.body?.cancel();
      } catch (error) {
        if (signal.aborted || tries === maxTries) throw error;
        why = reasonOf(error);
      }
      onRetry(why, pauseMs);
      await sleep(pauseMs, signal);
      signal.throwIfAborted();
    }
  };
}

/** Rejects with a TypeError, as fetch does without a connection, if no answer begins in time. */
async function answerInTime(
  fetchOnce: typeof fetch,
  path: Parameters<typeof fetch>[0],
  init: RequestInit,
  signal: AbortSignal,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  try {
    return await fetchOnce(path, { ...init, signal: AbortSignal.any([signal, late.signal]) });
  } catch (error) {
    if (late.signal.aborted && !signal.aborted) throw connectionError(`no answer within ${ANSWER_MS / 1000} s`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Retry-After is a number of seconds or a date. */
function retryAfterMs(text: string | null, now: number): number | undefined {
  if (!text) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** An error as fetch throws it where there is no connection. */
export const connectionError = (reason: string): TypeError => new TypeError(reason, { cause: new Error(reason) });

/** Whether it is the error of a connection, and not a mistake in code, which has no cause. */
export const isConnectionError = (error: unknown): boolean =>
  (error as Error | undefined)?.name === 'TypeError' && (error as Error).cause !== undefined;

/** What went wrong without an answer: of a failed fetch the cause, such as `connect ECONNREFUSED 127.0.0.1:5100`. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message;
}
