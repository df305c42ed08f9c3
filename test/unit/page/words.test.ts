import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cutWords } from '../../../page/model/cut.ts';
import { REASONS, troubleOf } from '../../../page/model/reasons.ts';
import { describeCounts, lookOf, lookWords } from '../../../page/model/states.ts';
import { formatAgo, formatClock, formatDuration, formatMoment, secondsOf } from '../../../page/model/time.ts';

test.each([
  [0, '0 s'],
  [0.4, '0 s'],
  [59.4, '59 s'],
  [60, '1 min'],
  [125, '2 min 5 s'],
  [3600, '1 h'],
  [3725, '1 h 2 min'],
  [273_600, '3 d 4 h'],
  [-3, '0 s'],
])('%d s are written %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [-2, 'now'],
  [4, 'now'],
  [59, '59 s ago'],
  [61, '1 min ago'],
  [7300, '2 h ago'],
  [200_000, '2 d ago'],
])('%d s ago are written %s', (seconds, text) => {
  expect(formatAgo(seconds)).toBe(text);
});

test('times are read and written, and what is none is none', () => {
  expect(secondsOf('2026-11-25T14:02:09Z')).toBe(1_795_615_329);
  expect([secondsOf(undefined), secondsOf('yesterday')]).toEqual([undefined, undefined]);
  expect(formatClock(1_795_615_329, 'UTC')).toBe('14:02:09');
  expect(formatMoment(1_795_615_329, 'UTC')).toBe('25 Nov 2026, 14:02:09');
});

test('each reason of docs/api.md has words', () => {
  const table = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8')
    .split('## Reasons')[1]!
    .split('\n## ')[0]!;
  const reasons = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
    cell!.replaceAll('`', '').split(', '),
  );
  expect(reasons.length).toBeGreaterThan(30);
  expect(reasons.filter((reason) => !(reason in REASONS))).toEqual([]);
});

test.each([
  [{}, undefined],
  [{ reason: 'Error', exitCode: 3 }, 'It ended with an error (exit code 3)'],
  [
    { reason: 'OOMKilled', exitCode: 137, message: 'more than 32Mi\nand so on' },
    'It needed more memory than its limit: more than 32Mi',
  ],
  [{ reason: 'Cancelled' }, undefined],
  [{ reason: 'WaitsForJobs', message: 'It waits for join.' }, 'It waits for join.'],
  [{ reason: 'SomethingNew', message: 'SomethingNew' }, 'SomethingNew'],
])('the trouble %j is %p', (job, words) => {
  expect(troubleOf(job)).toBe(words);
});

test('a pending job with a reason is blocked, unless it waits for others or was cancelled', () => {
  const look = (reason?: string) => lookWords(lookOf({ state: 'PENDING', reason }));
  expect([look(), look('ErrImagePull'), look('WaitsForJobs'), look('Cancelled')]).toEqual([
    'Pending',
    'Blocked',
    'Pending',
    'Pending',
  ]);
});

test('counts are told in words', () => {
  const none = { pending: 0, started: 0, retry: 0, success: 0, failure: 0, revoked: 0 };
  expect(describeCounts({ ...none, success: 3 })).toBe('3 of 3 succeeded');
  expect(describeCounts({ ...none, success: 3, failure: 1, started: 2 })).toBe('3 of 6 succeeded, 1 failed, 2 running');
});

test.each([
  [null, undefined],
  ['kept', 'Its pods are gone. This is the last output that was kept.'],
  [
    'rotated;first-line-after=75',
    'The beginning may be missing: a node keeps only the newest part of a large log. The first line is from 1 min 15 s after its start.',
  ],
])('the header Log-May-Be-Cut: %s is told in words', (header, words) => {
  expect(cutWords(header)).toBe(words);
});
