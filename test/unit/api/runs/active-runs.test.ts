import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ActiveRuns } from '../../../../api/runs/active-runs.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('a replay of a run counts once, whether the cache holds the run or not', () => {
  const active = new ActiveRuns();
  active.observe('1', 'a');
  active.reserve('1', 'a');
  active.reserve('2', 'a');
  active.reserve('2', 'a')();
  expect([active.total, active.inGroup('a')]).toEqual([2, 2]);
});

test('a stored run counts for 30 s while the cache does not hold it', () => {
  const active = new ActiveRuns();
  active.reserve('1', 'a');
  jest.advanceTimersByTime(29_999);
  expect([active.total, active.inGroup('a')]).toEqual([1, 1]);
  jest.advanceTimersByTime(1);
  expect([active.total, active.inGroup('a')]).toEqual([0, 0]);
});

test('next gives each active run of the cache in turn', () => {
  const active = new ActiveRuns();
  expect(active.next()).toBeUndefined();
  for (const runId of ['1', '2', '3']) active.observe(runId, 'a');
  active.observe('2', undefined);
  expect([1, 2, 3, 4].map(() => active.next())).toEqual(['1', '3', '1', '3']);
});
