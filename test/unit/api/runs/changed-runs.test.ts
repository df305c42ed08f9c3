import { expect, test } from '@jest/globals';
import type { RunChange } from '../../../../api/runs/change-log.ts';
import { changedRuns } from '../../../../api/runs/changed-runs.ts';

const change = (version: number, runId: string, before?: RunChange['before']): RunChange => ({
  version: BigInt(version),
  runId,
  group: 'g',
  before,
});
const short = (changes: RunChange[], state?: RunChange['before']) =>
  changedRuns(changes, state).map(({ runId, version, wasInState }) => [runId, Number(version), wasInState]);

test('each run is there once, with its latest change, in the order of these', () => {
  const changes = [change(1, 'a'), change(2, 'b'), change(3, 'c'), change(4, 'a', 'PENDING')];
  expect(short(changes)).toEqual([
    ['b', 2, true],
    ['c', 3, true],
    ['a', 4, true],
  ]);
});

test('a run that was in the state in between, or before, counts as such', () => {
  const changes = [change(1, 'a', 'PENDING'), change(2, 'a', 'STARTED'), change(3, 'b'), change(4, 'a', 'FAILURE')];
  expect(short(changes, 'STARTED')).toEqual([
    ['b', 3, false],
    ['a', 4, true],
  ]);
});
