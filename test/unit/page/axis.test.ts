import { expect, test } from '@jest/globals';
import { axisOf, describeSegments, place, segmentsOf, ticksOf } from '../../../page/model/axis.ts';

/** This many seconds after the creation of the run. */
const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

type Job = Parameters<typeof segmentsOf>[0];
const segments = (job: Job, now = 100) => segmentsOf(job, 0, now).map(({ phase, from, to }) => [phase, from, to]);

test.each<[string, Job, [string, number, number][]]>([
  ['that waits for its turn', { state: 'PENDING' }, [['waiting', 0, 100]]],
  [
    'whose pod starts',
    { state: 'PENDING', podCreatedAt: at(10) },
    [
      ['waiting', 0, 10],
      ['starting', 10, 100],
    ],
  ],
  [
    'that is blocked',
    { state: 'PENDING', reason: 'ErrImagePull', podCreatedAt: at(10), pendingSince: at(15) },
    [
      ['waiting', 0, 10],
      ['starting', 10, 15],
      ['blocked', 15, 100],
    ],
  ],
  [
    'that runs',
    { state: 'STARTED', podCreatedAt: at(10), startedAt: at(13) },
    [
      ['waiting', 0, 10],
      ['starting', 10, 13],
      ['running', 13, 100],
    ],
  ],
  [
    'whose pod started at once',
    { state: 'STARTED', startedAt: at(10) },
    [
      ['waiting', 0, 10],
      ['running', 10, 100],
    ],
  ],
  [
    'that was retried',
    { state: 'RETRY', attempts: 2, startedAt: at(10) },
    [
      ['waiting', 0, 10],
      ['retrying', 10, 100],
    ],
  ],
  [
    'that ended',
    { state: 'SUCCESS', startedAt: at(10), finishedAt: at(40) },
    [
      ['waiting', 0, 10],
      ['running', 10, 40],
    ],
  ],
  ['that never started', { state: 'REVOKED', finishedAt: at(40) }, [['waiting', 0, 40]]],
  [
    'that failed as it was blocked',
    { state: 'FAILURE', reason: 'Unschedulable', pendingSince: at(5), finishedAt: at(40) },
    [
      ['waiting', 0, 5],
      ['blocked', 5, 40],
    ],
  ],
  ['of a clock that runs ahead', { state: 'STARTED', startedAt: at(130) }, [['waiting', 0, 100]]],
])('the phases of a job %s', (_, job, expected) => {
  expect(segments(job)).toEqual(expected);
});

test('phases follow each other without gaps, and end at the end', () => {
  const job = {
    state: 'FAILURE',
    podCreatedAt: at(3),
    startedAt: at(7),
    pendingSince: at(5),
    finishedAt: at(50),
  } as const;
  const all = segmentsOf(job, 0, 100);
  expect(all[0]!.from).toBe(0);
  expect(all.at(-1)!.to).toBe(50);
  for (const [index, { from }] of all.slice(1).entries()) expect(from).toBe(all[index]!.to);
});

test('the axis of a run that is over ends with it, that of others a little past now', () => {
  expect(axisOf({ state: 'SUCCESS', createdAt: at(0), finishedAt: at(60) }, 100)).toEqual({ from: 0, to: 60 });
  expect(axisOf({ state: 'STARTED', createdAt: at(0) }, 100)).toEqual({ from: 0, to: 104 });
  expect(axisOf({ state: 'PENDING', createdAt: at(100) }, 98)).toEqual({ from: 100, to: 101.04 });
});

test('a place on the axis is never outside of it', () => {
  expect([-5, 0, 30, 60, 90].map((time) => place({ from: 0, to: 60 }, time))).toEqual([0, 0, 0.5, 1, 1]);
});

test.each([
  [4, ['1 s', '2 s', '3 s']],
  [60, ['10 s', '20 s', '30 s', '40 s', '50 s']],
  [250, ['1 min', '2 min', '3 min', '4 min']],
  [7200, ['30 min', '1 h', '1 h 30 min']],
  [1_000_000, ['2 d', '4 d', '6 d', '8 d', '10 d']],
])('the ticks of %d s are round', (length, labels) => {
  expect(ticksOf({ from: 50, to: 50 + length }).map(({ label }) => label)).toEqual(labels);
});

test('phases are told in words too', () => {
  const job = { state: 'SUCCESS', podCreatedAt: at(2), startedAt: at(5), finishedAt: at(45) } as const;
  expect(describeSegments(segmentsOf(job, 0, 100))).toBe('waited 2 s, pod starting 3 s, ran 40 s');
});
