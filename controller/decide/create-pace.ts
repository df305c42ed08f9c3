import { recordedDenial } from './blocked.ts';
import { type ObservedRun, observedJobs } from './observed.ts';

/** When the creates of a run's Jobs may go on after one was denied. Times are milliseconds since the epoch. */
export interface CreatePace {
  /** No create is sent before this time. */
  notBefore: number;
  /** No create that was denied before is sent again before this time, unless it is the job's last. */
  retryAt: number;
  /** How long denied creates were paused last, milliseconds; 0 if none was denied so far. */
  pauseMs: number;
  /** Index of the job whose denied create was last sent again: the next ones are those behind it. */
  last: number;
}

export const UNPACED: CreatePace = { notBefore: 0, retryAt: 0, pauseMs: 0, last: 0 };

/** Between two passes as long as there are jobs to try that were never denied. */
const SOON_MS = 1000;
const MIN_PAUSE_MS = 5000;
const MAX_PAUSE_MS = 60_000;

/**
 * The pace after a pass that tried the Jobs with these indices (from 1) and met a denial. The pause doubles as long as only denials
 * are repeated, and is short again once a Job is created. `random` is from 0 to 1.
 */
export function nextPace(
  observed: ObservedRun,
  pace: CreatePace,
  tried: number[],
  now: Date,
  random: number,
): CreatePace {
  const jobs = observedJobs(observed);
  const isCreated = tried.some((index) => jobs[index - 1]!.job);
  const repeated = tried.filter((index) => recordedDenial(jobs[index - 1]!));
  const doubledMs = repeated.length > 0 ? 2 * pace.pauseMs : pace.pauseMs;
  const pauseMs = isCreated ? MIN_PAUSE_MS : Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, doubledMs));
  return {
    notBefore: now.getTime() + SOON_MS,
    retryAt: now.getTime() + pauseMs * (0.75 + random / 2),
    pauseMs,
    last: repeated.at(-1) ?? pace.last,
  };
}
