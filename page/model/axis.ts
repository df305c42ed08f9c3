import type { JobView, RunSummary } from '../../client/views.ts';
import { isOver } from './states.ts';
import { formatDuration, secondsOf } from './time.ts';

/** What a job does during a part of its life. */
export type Phase = 'waiting' | 'starting' | 'blocked' | 'running' | 'retrying';

export interface Segment {
  phase: Phase;
  /** Seconds since 1970. */
  from: number;
  to: number;
}

/** The part of time that the bars of a run's jobs share, in seconds since 1970. */
export interface Axis {
  from: number;
  to: number;
}

/** From the creation of the run to its end or, while it runs, a little past now. */
export function axisOf(run: Pick<RunSummary, 'createdAt' | 'finishedAt' | 'state'>, now: number): Axis {
  const from = secondsOf(run.createdAt) ?? now;
  const end = secondsOf(run.finishedAt);
  const length = Math.max(1, (end ?? Math.max(now, from)) - from);
  return { from, to: from + (isOver(run.state) && end !== undefined ? length : length * 1.04) };
}

/** Where a time is on the axis, from 0 to 1. */
export const place = ({ from, to }: Axis, time: number): number =>
  Math.min(1, Math.max(0, (time - from) / (to - from)));

type Timed = Pick<
  JobView,
  'state' | 'reason' | 'attempts' | 'startedAt' | 'finishedAt' | 'pendingSince' | 'podCreatedAt'
>;

/**
 * The phases of a job without gaps, from the creation of its run to its end or to now. A pod that started within the second of
 * its creation has no time of creation.
 */
export function segmentsOf(job: Timed, created: number, now: number): Segment[] {
  const end = secondsOf(job.finishedAt) ?? Math.max(now, created);
  const started = secondsOf(job.startedAt);
  const pod = secondsOf(job.podCreatedAt) ?? started;
  const blocked = started === undefined || job.state === 'PENDING' ? secondsOf(job.pendingSince) : undefined;
  const marks: [Phase, number | undefined][] = [
    ['waiting', created],
    ['starting', pod],
    [(job.attempts ?? 1) > 1 ? 'retrying' : 'running', started],
    ['blocked', blocked],
  ];
  const known = marks.filter((mark): mark is [Phase, number] => mark[1] !== undefined).toSorted((a, b) => a[1] - b[1]);
  return known
    .map(([phase, from], index) => ({ phase, from, to: Math.min(end, known[index + 1]?.[1] ?? end) }))
    .filter(({ from, to }) => to > from);
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];

export interface Tick {
  /** From 0 to 1. */
  at: number;
  /** Since the beginning of the axis. */
  label: string;
}

/** At most `most` round times along the axis, the beginning excluded. */
export function ticksOf({ from, to }: Axis, most = 6): Tick[] {
  const length = to - from;
  const step = STEPS.find((one) => length / one <= most) ?? Math.ceil(length / most / 86_400) * 86_400;
  const count = Math.floor(length / step);
  return Array.from({ length: count }, (_, index) => (index + 1) * step)
    .filter((time) => time / length < 0.97)
    .map((time) => ({ at: time / length, label: formatDuration(time) }));
}

const PHASE_WORDS: Record<Phase, string> = {
  waiting: 'waited',
  starting: 'pod starting',
  blocked: 'blocked',
  running: 'ran',
  retrying: 'ran, with retries,',
};

/** The segments as a sentence, for those who cannot see the bars: `waited 2 s, ran 40 s`. */
export const describeSegments = (segments: Segment[]): string =>
  segments.map(({ phase, from, to }) => `${PHASE_WORDS[phase]} ${formatDuration(to - from)}`).join(', ');
