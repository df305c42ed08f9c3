import { type GroupRun, isTerminal, type JobState, type JobStatus } from '../../contract/group-run.ts';
import { jobStatuses, runSummary } from './run-view.ts';
import type { RunSummary } from './schemas.ts';

/** What a listener has been told: the run's state, absent before the first event, and each job's. */
export interface Seen {
  run?: JobState;
  jobs: JobState[];
}

export interface SseEvent {
  /** What the listener has seen with this event; it comes back as Last-Event-ID. */
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

export const nothingSeen = (run: GroupRun): Seen => ({ jobs: run.spec.jobs.map(() => 'PENDING') });

/** Whether there is nothing more to come for who has seen this. */
export const allSeen = ({ run }: Seen): boolean => run !== undefined && isTerminal(run);

/**
 * What has changed since, one event for each job whose state is another, then one for the run. States that came and went
 * in between are left out. All that is needed to go on is in the id, so any replica can.
 */
export function eventsSince(seen: Seen, run: GroupRun): { events: SseEvent[]; seen: Seen } {
  const jobs = [...seen.jobs];
  const events: SseEvent[] = [];
  for (const [index, data] of jobStatuses(run).entries()) {
    if (jobs[index] === data.state) continue;
    jobs[index] = data.state;
    events.push({ id: formatSeen({ ...seen, jobs }), event: 'job', data });
  }
  const data = runSummary(run);
  const now: Seen = { run: data.state, jobs };
  if (data.state !== seen.run) events.push({ id: formatSeen(now), event: 'run', data });
  return { events, seen: now };
}

/** Such as `s.2d1s997p`: a run that is STARTED, of whose jobs two are SUCCESS, one STARTED and the rest PENDING. */
export function formatSeen({ run, jobs }: Seen): string {
  let text = `${run ? LETTERS[run] : ''}.`;
  for (let from = 0; from < jobs.length; ) {
    let to = from;
    while (to < jobs.length && jobs[to] === jobs[from]) to += 1;
    text += `${to - from}${LETTERS[jobs[from]!]}`;
    from = to;
  }
  return text;
}

/** The reverse, for a run of so many jobs; undefined for anything else. */
export function parseSeen(text: string, count: number): Seen | undefined {
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
