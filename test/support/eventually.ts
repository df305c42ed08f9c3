import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until `probe` gives something other than undefined, and fails after the deadline with what is said. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  deadlineMs = 30_000,
): Promise<T> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`Not seen within ${deadlineMs / 1000} s: ${what}`);
    await sleep(100);
  }
}
