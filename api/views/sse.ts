import { type GroupRun, isTerminal, type JobState, type JobStatus } from '../../contract/group-run.ts';
import { jobStatuses, runSummary } from './run-view.ts';
import type { RunSummary } from './schemas.ts';

/** What a client has received: the run's state, undefined before the first run event, and each job's state. */
export interface EventCursor {
  run?: JobState;
  jobs: JobState[];
}

export interface SseEvent {
  /** The cursor after this event; a client that reconnects sends it as Last-Event-ID. */
  id: string;
  event: 'job' | 'run';
  data: JobStatus | RunSummary;
}

const LETTERS: Record<JobState, string> = {
  PENDING: 'p',
  STARTED: 's',
  RETRY: 'r',
  SUCCESS: 'd',
  FAILURE: 'f',
  REVOKED: 'x',
};
const STATES = new Map(Object.entries(LETTERS).map(([state, letter]) => [letter, state as JobState]));

/** The cursor of a client without a Last-Event-ID. */
export const initialCursor = (run: GroupRun): EventCursor => ({ jobs: run.spec.jobs.map(() => 'PENDING') });

/** Whether the client has received the run's terminal state, after which no event follows. */
export const isAtEnd = ({ run }: EventCursor): boolean => run !== undefined && isTerminal(run);

/**
 * Events for what changed since the cursor: one for each job in another state, then one for the run. Intermediate states are
 * left out. Each event's id holds the whole cursor, so any replica can resume the stream.
 */
export function eventsSince(cursor: EventCursor, run: GroupRun): { events: SseEvent[]; cursor: EventCursor } {
  const jobs = [...cursor.jobs];
  const events: SseEvent[] = [];
  for (const [index, data] of jobStatuses(run).entries()) {
    if (jobs[index] === data.state) continue;
    jobs[index] = data.state;
    events.push({ id: formatEventId({ ...cursor, jobs }), event: 'job', data });
  }
  const data = runSummary(run);
  const next: EventCursor = { run: data.state, jobs };
  if (data.state !== cursor.run) events.push({ id: formatEventId(next), event: 'run', data });
  return { events, cursor: next };
}

/** For example `s.2d1s997p`: the run is STARTED; two jobs are SUCCESS, one is STARTED and 997 are PENDING. */
export function formatEventId({ run, jobs }: EventCursor): string {
  let text = `${run ? LETTERS[run] : ''}.`;
  for (let from = 0; from < jobs.length; ) {
    let to = from;
    while (to < jobs.length && jobs[to] === jobs[from]) to += 1;
    text += `${to - from}${LETTERS[jobs[from]!]}`;
    from = to;
  }
  return text;
}

/** The cursor in a Last-Event-ID, for a run of `count` jobs; undefined if the text is not one. */
export function parseEventId(text: string, count: number): EventCursor | undefined {
  const [, letter, rest] = /^([psrdfx]?)\.((?:\d{1,4}[psrdfx])*)$/.exec(text.slice(0, 8000)) ?? [];
  if (rest === undefined) return undefined;
  const jobs: JobState[] = [];
  for (const [, times, state] of rest.matchAll(/(\d+)([a-z])/g)) {
    if (jobs.length + Number(times) > count) return undefined;
    for (let i = 0; i < Number(times); i++) jobs.push(STATES.get(state!)!);
  }
  if (jobs.length !== count) return undefined;
  return letter ? { run: STATES.get(letter)!, jobs } : { jobs };
}
