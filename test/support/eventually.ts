import { poll } from '../../dev/cluster/poll.ts';

/** Calls `probe` until it returns something other than undefined, and returns that. Rejects after the deadline, naming `what`. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  deadlineMs = 30_000,
): Promise<T> {
  const found = await poll(probe, { deadlineMs });
  if (found === undefined) throw new Error(`Not seen within ${deadlineMs / 1000} s: ${what}`);
  return found;
}
