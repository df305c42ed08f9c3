import { isTerminal, type JobState, type JobStatus, MAX_JOBS } from '../../contract/group-run.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { jobStatusAt, runSummary, storedStatusAt } from './run-view.ts';
import type { JobView, RunSummary } from './schemas.ts';

/** What a client has received of a job: its state and, if it has a reason, a hash of that. */
type SeenJob = JobState | `${JobState} ${string}`;

/** What a client has received: the run's state, undefined before the first run event, and what of each job. */
export interface EventCursor {
  run?: JobState;
  jobs: SeenJob[];
}

export interface SseEvent {
  /** The cursor after this event; a client that reconnects sends it as Last-Event-ID. */
  id: string;
  event: 'job' | 'run';
  data: JobView | RunSummary;
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
export const initialCursor = (run: RunRecord): EventCursor => ({ jobs: run.spec.jobs.map(() => 'PENDING') });

/** Whether the client has received the run's terminal state, after which no event follows. */
export const isAtEnd = ({ run }: EventCursor): boolean => run !== undefined && isTerminal(run);

/**
 * Events for what changed since the cursor: one for each job with another state or reason, then one for the run if its state
 * changed. Intermediate states are left out. Each event's id holds the whole cursor, so any replica can resume the stream.
 */
export function eventsSince(cursor: EventCursor, run: RunRecord): { events: SseEvent[]; cursor: EventCursor } {
  const jobs = run.spec.jobs.map((_, index) => seenJob(storedStatusAt(run, index)));
  const head = formatRun(cursor.run);
  // Each id is cut out of these two: of 1,000 events each may have 6,000 characters.
  const [sent, unsent] = [encode(jobs), encode(cursor.jobs)];
  const events = jobs.flatMap((job, index): SseEvent[] => {
    const id = () => `${head}${sent.until(index + 1)}${unsent.from(index + 1)}`;
    return cursor.jobs[index] === job ? [] : [{ id: id(), event: 'job', data: jobStatusAt(run, index) }];
  });
  const data = runSummary(run);
  const next: EventCursor = { run: data.state, jobs };
  if (data.state !== cursor.run) events.push({ id: formatEventId(next), event: 'run', data });
  return { events, cursor: next };
}

const seenJob = ({ state, reason }: JobStatus): SeenJob => (reason ? `${state} ${hash(reason)}` : state);

/** FNV-1a, shortened to four characters: one of 1.7 million changes of a reason goes unnoticed. */
function hash(text: string): string {
  let bits = 0x811c9dc5;
  for (const byte of Buffer.from(text)) bits = Math.imul(bits ^ byte, 0x01000193);
  return ((bits >>> 0) % 36 ** 4).toString(36).padStart(4, '0');
}

/**
 * For example `s.2d1F0k3z996p1s`: the run is STARTED; two jobs are SUCCESS, one is FAILURE with a reason of hash 0k3z, 996 are
 * PENDING and one is STARTED. A letter in upper case has a hash. At most 2 + 6 × 1,000 characters, for 1,000 jobs.
 */
export const formatEventId = ({ run, jobs }: EventCursor): string => `${formatRun(run)}${encode(jobs).from(0)}`;

const formatRun = (run: JobState | undefined): string => `${run ? LETTERS[run] : ''}.`;

/** The run-length encoding of the jobs before an index (`until`), and of those from it on. Both are cheap. */
function encode(jobs: SeenJob[]) {
  /** The run of equal jobs that each index is in, and where its encoding is in the text. */
  const runOf: { first: number; count: number; job: string; start: number; end: number }[] = [];
  let text = '';
  for (let first = 0; first < jobs.length; first = runOf.length) {
    let next = first;
    while (next < jobs.length && jobs[next] === jobs[first]) next += 1;
    const [count, job] = [next - first, formatJob(jobs[first]!)];
    const start = text.length;
    text += `${count}${job}`;
    const run = { first, count, job, start, end: text.length };
    for (let index = first; index < next; index++) runOf.push(run);
  }
  return {
    until(index: number): string {
      const run = runOf[index];
      if (!run) return text;
      const count = index - run.first;
      return `${text.slice(0, run.start)}${count > 0 ? `${count}${run.job}` : ''}`;
    },
    from(index: number): string {
      const run = runOf[index];
      return run ? `${run.first + run.count - index}${run.job}${text.slice(run.end)}` : '';
    },
  };
}

function formatJob(job: SeenJob): string {
  const [state, reasonHash] = job.split(' ') as [JobState, string?];
  return reasonHash === undefined ? LETTERS[state] : `${LETTERS[state].toUpperCase()}${reasonHash}`;
}

const EVENT_ID = /^([psrdfx]?)\.((?:\d{1,4}(?:[psrdfx]|[PSRDFX][0-9a-z]{4}))*)$/;
const MAX_ID_LENGTH = 2 + 6 * MAX_JOBS;

/** The cursor in a Last-Event-ID, for a run of `count` jobs; undefined if the text is not one. Earlier ids have no hashes. */
export function parseEventId(text: string, count: number): EventCursor | undefined {
  if (text.length > MAX_ID_LENGTH) return undefined;
  const [, letter, rest] = EVENT_ID.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const jobs: SeenJob[] = [];
  for (const [, times, lower, upper, reasonHash] of rest.matchAll(/(\d{1,4})(?:([a-z])|([A-Z])(.{4}))/g)) {
    if (jobs.length + Number(times) > count) return undefined;
    const state = STATES.get(lower ?? upper!.toLowerCase())!;
    const job: SeenJob = reasonHash === undefined ? state : `${state} ${reasonHash}`;
    for (let i = 0; i < Number(times); i++) jobs.push(job);
  }
  if (jobs.length !== count) return undefined;
  return letter ? { run: STATES.get(letter)!, jobs } : { jobs };
}
