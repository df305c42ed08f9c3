import { describe, expect, test } from '@jest/globals';
import type { GroupRunStatus } from '../../../../contract/group-run.ts';
import { isUrgent, nextWriteAt } from '../../../../controller/decide/write-pace.ts';

describe('a status', () => {
  const stored: GroupRunStatus = { state: 'STARTED', observedGeneration: 1 };

  test.each<[string, GroupRunStatus | undefined, GroupRunStatus]>([
    ['is the first', undefined, { state: 'PENDING' }],
    ['is the end of its run', stored, { state: 'SUCCESS', observedGeneration: 1 }],
    ['answers a cancel', stored, { state: 'STARTED', observedGeneration: 2 }],
  ])('is urgent if it %s', (_, before, wanted) => {
    expect(isUrgent(before, wanted)).toBe(true);
  });

  test('is not urgent if only some jobs have changed', () => {
    expect(isUrgent(stored, { state: 'STARTED', observedGeneration: 1, succeeded: '1/3' })).toBe(false);
  });
});

describe('the next write', () => {
  const last = (tookMs: number, failures = 0) => ({ endedAt: 1000, tookMs, failures });
  const change = (jobs: number, urgent: boolean, since = 1000) => ({ jobs, urgent, since });

  test('is sent at once if it is the first of this process', () => {
    expect(nextWriteAt(undefined, change(1000, false))).toBe(Number.NEGATIVE_INFINITY);
  });

  test.each([
    [3, 309],
    [100, 600],
    [1000, 3300],
  ])('waits by the size of a run of %i jobs', (jobs, ms) => {
    expect(nextWriteAt(last(20), change(jobs, false))).toBe(1000 + ms);
    expect(nextWriteAt(last(20), change(jobs, true))).toBe(1000);
  });

  test('waits half of that for further changes, however long ago the last write was', () => {
    expect(nextWriteAt(last(20), change(100, false, 60_000))).toBe(60_300);
    expect(nextWriteAt(last(20), change(100, true, 60_000))).toBe(1000);
  });

  test('waits ten times as long as the last one took, at most 30 s, unless it is urgent', () => {
    expect(nextWriteAt(last(200), change(3, false))).toBe(3000);
    expect(nextWriteAt(last(5000), change(3, false))).toBe(31_000);
    expect(nextWriteAt(last(5000), change(3, true))).toBe(1000);
  });

  test('waits longer after each failure, up to 10 s', () => {
    const waits = [1, 2, 3, 7, 8, 100].map((failures) => nextWriteAt(last(1, failures), change(3, true)) - 1000);
    expect(waits).toEqual([100, 200, 400, 6400, 10_000, 10_000]);
  });

  test('waits twice as long as the one took that failed', () => {
    expect(nextWriteAt(last(15_000, 1), change(3, true))).toBe(31_000);
  });
});
