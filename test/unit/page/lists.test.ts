import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JobView, RunSummary, RunView } from '../../../client/views.ts';
import { matchingJobs, withEvents } from '../../../page/model/run-jobs.ts';
import { canReadOn, countRuns, matchingRuns, withChanges } from '../../../page/model/run-list.ts';
import { sliceOf, topsOf } from '../../../page/model/windowing.ts';

const RUN = '78b9d1a2-3c4d-4e5f-8a6b-00000000';
const counts = { pending: 0, started: 0, retry: 0, success: 0, failure: 0, revoked: 0 };
const run = (id: string, second: number, fields: Partial<RunSummary> = {}): RunSummary => ({
  id,
  name: id,
  group: 'a',
  state: 'SUCCESS',
  createdAt: `2026-11-25T12:00:${String(second).padStart(2, '0')}Z`,
  counts,
  ...fields,
});
const NOW = Date.parse('2026-11-25T12:01:00Z') / 1000;
const listOf = (...runs: RunSummary[]) => new Map(runs.map((one) => [one.id, one]));
const idsOf = (runs: RunSummary[]) => runs.map(({ id }) => id);

test('changes add, replace and delete runs, and the newest come first', () => {
  const before = listOf(run('a', 1), run('b', 2));
  const after = withChanges(
    before,
    new Map([
      ['c', run('c', 3)],
      ['a', run('a', 1, { state: 'FAILURE' })],
      ['b', undefined],
    ]),
  );
  expect(matchingRuns(after, {}, NOW).map(({ id, state }) => [id, state])).toEqual([
    ['c', 'SUCCESS'],
    ['a', 'FAILURE'],
  ]);
  expect(idsOf([...before.values()])).toEqual(['a', 'b']);
});

test('runs are filtered by group, state, time and the beginning of their id', () => {
  const runs = listOf(run('aa', 1), run('ab', 2, { group: 'b' }), run('ba', 3, { state: 'FAILURE' }));
  const ids = (filter: object, now = NOW) => idsOf(matchingRuns(runs, filter, now));
  expect(ids({ group: 'b' })).toEqual(['ab']);
  expect(ids({ state: 'FAILURE' })).toEqual(['ba']);
  expect(ids({ id: ' A' })).toEqual(['ab', 'aa']);
  expect(ids({ since: 'hour' }, NOW + 3600 - 58)).toEqual(['ba', 'ab']);
  expect(countRuns(runs, { state: 'FAILURE' }, NOW)).toMatchObject({ SUCCESS: 2, FAILURE: 1 });
});

test('a changed run that is older than the pages that were read is left out', () => {
  expect(idsOf(matchingRuns(listOf(run('a', 1), run('b', 2)), {}, NOW, '2026-11-25T12:00:02Z'))).toEqual(['b']);
});

test('pages older than the period are not read', () => {
  expect(canReadOn('2026-11-25T12:00:00Z', { since: 'hour' }, NOW)).toBe(true);
  expect(canReadOn('2026-11-25T12:00:00Z', { since: 'hour' }, NOW + 7200)).toBe(false);
  expect(canReadOn('2020-01-01T00:00:00Z', {}, NOW)).toBe(true);
});

const job = (number: number, fields: Partial<JobView> = {}): JobView => ({
  id: `${RUN}${number.toString(16).padStart(4, '0')}`,
  name: `job-${number}`,
  state: 'PENDING',
  ...fields,
});
const view = (...jobs: JobView[]): RunView => ({ ...run(`${RUN}0000`, 0, { state: 'STARTED' }), jobs });

test('events replace jobs and the run, and the counts follow', () => {
  const before = view(job(1), job(2), job(3));
  const after = withEvents(before, [
    { event: 'job', data: JSON.stringify(job(2, { state: 'SUCCESS' })) },
    { event: 'job', data: JSON.stringify(job(9, { state: 'FAILURE' })) },
    { event: 'other', data: '{}' },
    { event: 'run', data: JSON.stringify(run(`${RUN}0000`, 0, { state: 'FAILURE' })) },
  ]);
  expect(after).toMatchObject({ state: 'FAILURE', counts: { ...counts, success: 1, pending: 2 } });
  expect(after.jobs.map(({ state }) => state)).toEqual(['PENDING', 'SUCCESS', 'PENDING']);
  expect(before.jobs[1]!.state).toBe('PENDING');
});

test('jobs are filtered by state and name', () => {
  const jobs = [job(1, { state: 'FAILURE' }), job(2, { state: 'STARTED' }), job(10, { state: 'RETRY' })];
  const names = (...filter: [('all' | 'failed' | 'active')?, string?]) =>
    matchingJobs(jobs, ...filter).map(({ name }) => name);
  expect(names()).toEqual(['job-1', 'job-2', 'job-10']);
  expect(names('failed')).toEqual(['job-1']);
  expect(names('active')).toEqual(['job-2', 'job-10']);
  expect(names('all', 'JOB-1')).toEqual(['job-1', 'job-10']);
});

test('a window holds each row in sight, and its spaces keep the height', () => {
  const heights = fc.array(fc.constantFrom(36, 56), { maxLength: 300 });
  fc.assert(
    fc.property(
      heights,
      fc.integer({ min: -2000, max: 20_000 }),
      fc.integer({ min: 1, max: 2000 }),
      (rows, from, height) => {
        const tops = topsOf(rows);
        const { first, end, above, below } = sliceOf(tops, from, from + height);
        const middle = rows.slice(first, end).reduce((sum, one) => sum + one, 0);
        expect(above + middle + below).toBe(tops.at(-1));
        for (const [index, row] of rows.entries()) {
          const isInSight = tops[index]! < from + height && tops[index]! + row > from;
          if (isInSight) expect(index >= first && index < end).toBe(true);
        }
        expect(end - first).toBeLessThanOrEqual((height + 800) / 36 + 3);
      },
    ),
  );
});
