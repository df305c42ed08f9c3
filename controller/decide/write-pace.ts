import { type GroupRunStatus, isTerminal } from '../../contract/group-run.ts';

/** The last status write of a run. */
export interface LastWrite {
  /** When it ended, milliseconds of a monotonic clock. */
  endedAt: number;
  tookMs: number;
  /** How many writes have failed since the last one that succeeded. */
  failures: number;
}

/** Each status write stores the whole run again, so it costs in proportion to the run's jobs. */
const PACE_MS = 300;
const PACE_MS_PER_JOB = 3;
/** Where the API server is slow, the writes of a run take a tenth of the time. */
const SLOW_FACTOR = 10;
const MAX_PACE_MS = 30_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;

/** Whether this status must be written at once: it is the run's first, its end, or the answer to a changed spec, such as a cancel. */
export const isUrgent = (stored: GroupRunStatus | undefined, wanted: GroupRunStatus): boolean =>
  !stored || isTerminal(wanted.state) || wanted.observedGeneration !== stored.observedGeneration;

/** A status that differs from the stored one. */
export interface Change {
  urgent: boolean;
  /** Since when it differs, on the clock of the last write. */
  since: number;
  /** Of the run. */
  jobs: number;
}

/**
 * When a status may be written, on the clock of `last`. One that is not urgent waits for the pace, and at least half of it for further
 * changes: jobs often start and end together. After a failure an urgent one waits as well: a write that the API server is too busy for
 * must not be repeated at every event.
 */
export function nextWriteAt(last: LastWrite | undefined, { urgent, since, jobs }: Change): number {
  if (!last) return Number.NEGATIVE_INFINITY;
  const { endedAt, tookMs, failures } = last;
  if (failures > 0) {
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
    return endedAt + Math.max(backoffMs, 2 * tookMs);
  }
  if (urgent) return endedAt;
  const paceMs = Math.max(PACE_MS + PACE_MS_PER_JOB * jobs, Math.min(MAX_PACE_MS, SLOW_FACTOR * tookMs));
  return Math.max(endedAt + paceMs, since + paceMs / 2);
}
