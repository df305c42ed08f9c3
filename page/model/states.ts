import type { JobView, RunSummary, State } from '../../client/views.ts';

export const isOver = (state: State): boolean => state === 'SUCCESS' || state === 'FAILURE' || state === 'REVOKED';

/** What a state is called on the page. */
export const STATE_WORDS: Record<State, string> = {
  PENDING: 'Pending',
  STARTED: 'Running',
  RETRY: 'Retrying',
  SUCCESS: 'Succeeded',
  FAILURE: 'Failed',
  REVOKED: 'Cancelled',
};

/** The kinds of look that a state has. A pending job with a reason is blocked, which needs somebody. */
export type Look = Lowercase<State> | 'blocked';

/** Reasons to be pending that pass by themselves. */
const PATIENT = ['WaitsForJobs', 'Cancelled'];

export const lookOf = ({ state, reason }: Pick<JobView, 'state' | 'reason'>): Look =>
  state === 'PENDING' && reason && !PATIENT.includes(reason) ? 'blocked' : (state.toLowerCase() as Lowercase<State>);

export const lookWords = (look: Look): string =>
  look === 'blocked' ? 'Blocked' : STATE_WORDS[look.toUpperCase() as State];

type Counts = RunSummary['counts'];
const COUNTED = ['success', 'failure', 'revoked', 'retry', 'started', 'pending'] as const satisfies (keyof Counts)[];

/** The parts of a run's jobs in each state, ended ones first, without empty parts. */
export const partsOf = (counts: Counts): { look: keyof Counts; count: number }[] =>
  COUNTED.map((look) => ({ look, count: counts[look] })).filter(({ count }) => count > 0);

export const totalOf = (counts: Counts): number => COUNTED.reduce((sum, state) => sum + counts[state], 0);

/** `3 of 5 succeeded, 1 failed, 1 running`. */
export function describeCounts(counts: Counts): string {
  const others = partsOf(counts).filter(({ look }) => look !== 'success');
  const rest = others.map(({ look, count }) => `${count} ${lookWords(look).toLowerCase()}`);
  return [`${counts.success} of ${totalOf(counts)} succeeded`, ...rest].join(', ');
}

/** How many jobs are in each state. */
export function countStates(jobs: readonly Pick<JobView, 'state'>[]): Counts {
  const counts: Counts = { pending: 0, started: 0, retry: 0, success: 0, failure: 0, revoked: 0 };
  for (const { state } of jobs) counts[state.toLowerCase() as keyof Counts] += 1;
  return counts;
}
