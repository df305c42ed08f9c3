/** What a log on the page is at, in words. */
export const PHASES = {
  loading: 'Loading …',
  waiting: 'It has not written anything yet',
  live: 'Live',
  lost: 'No connection. Trying again …',
  ended: 'Complete',
  empty: 'It wrote nothing',
  gone: 'Its log is gone with its pods, and nothing of it was kept',
  broken: 'The end of it may be missing',
};
export type LogPhase = keyof typeof PHASES;
