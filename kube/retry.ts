import { setTimeout } from 'node:timers/promises';
import { ApiError, isTooLarge } from './api-error.ts';
import { FencedError } from './fenced-error.ts';

interface Options {
  method: string;
  idempotent: boolean;
  /** Ends the retries. */
  signal?: AbortSignal | undefined;
  maxTries?: number | undefined;
  /** Rejects when the signal aborts. */
  sleep?: (ms: number, value: undefined, options: { signal?: AbortSignal }) => Promise<void>;
  random?: () => number;
}

const MAX_TRIES = 3;
/** With a longer Retry-After give up and let the caller requeue: a worker must not sleep for minutes. */
const MAX_RETRY_AFTER_MS = 10_000;

/** Whether to retry: the failed try certainly had no effect, or the call is idempotent. */
export function mayRetry(method: string, idempotent: boolean, error: unknown): boolean {
  if (error instanceof FencedError) return false;
  if (error instanceof ApiError) {
    // 429: rejected before processing. 409 Conflict on a POST: lost the race to update a ResourceQuota; nothing was created.
    if (error.code === 429 || (error.code === 409 && method === 'POST' && error.reason === 'Conflict')) return true;
    return idempotent && error.code >= 500 && !isTooLarge(error);
  }
  const code = (error as { code?: string }).code ?? '';
  return idempotent || code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

/** Calls `once` at most `maxTries` times (3), with backoff and jitter, no sooner than Retry-After. Throws the error of the last try. */
export async function withRetries<T>(once: () => Promise<T>, options: Options): Promise<T> {
  const { method, idempotent, signal, maxTries = MAX_TRIES, sleep = setTimeout, random = Math.random } = options;
  for (let tries = 1; ; tries += 1) {
    try {
      return await once();
    } catch (error) {
      if (tries >= maxTries || signal?.aborted || !mayRetry(method, idempotent, error)) throw error;
      const retryAfterMs = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      if (retryAfterMs > MAX_RETRY_AFTER_MS) throw error;
      const backoffMs = 100 * 2 ** tries * (0.5 + random());
      await sleep(Math.max(retryAfterMs, backoffMs), undefined, signal ? { signal } : {});
    }
  }
}
