import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  /** After this time the probe is not called again, milliseconds. */
  deadlineMs: number;
  /** Pause between two calls, milliseconds. */
  intervalMs?: number;
  /** Its abort rejects the poll. */
  signal?: AbortSignal;
}

/**
 * Calls `probe`, at least once, until it returns something other than undefined, and returns that; undefined after the
 * deadline. Rejects with what the probe throws. By the monotonic clock: a clock that is set changes no deadline.
 */
export async function poll<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  { deadlineMs, intervalMs = 100, signal }: PollOptions,
): Promise<T | undefined> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await probe();
    if (found !== undefined || performance.now() > until) return found;
    await sleep(intervalMs, undefined, { signal });
  }
}
