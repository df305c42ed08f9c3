import { expect, test } from '@jest/globals';
import { jobStatusAt, jobStatuses } from '../../../../api/views/run-view.ts';
import { definition, run, stored } from '../../../support/builders.ts';

const jobs = ['a', 'b', 'c'].map((name) => definition({ name }));
const STORED = ['a', 'b', 'c'].map((name) => stored('STARTED', { name, message: name }));

test('a result that is JSON is a value, any other is text, and one that was too large is said to be', () => {
  const results = [{ result: '{"rows":3}' }, { result: 'three rows' }, { resultTooLarge: true as const }];
  const one = run(
    jobs,
    results.map((fields, index) => stored('SUCCESS', { name: jobs[index]!.name, ...fields })),
  );
  expect(jobStatuses(one)).toMatchObject([{ result: { rows: 3 } }, { result: 'three rows' }, { resultTooLarge: true }]);
  expect(jobStatusAt(one, 2)).not.toHaveProperty('result');
});

test.each([
  ['none', undefined],
  ['all', STORED],
  ['all in another order', STORED.toReversed()],
  ['one', STORED.slice(1, 2)],
])('the status of one job is the same as in the list of all, where %s is stored', (_which, statuses) => {
  const one = run(jobs, statuses);
  expect([0, 1, 2].map((index) => jobStatusAt(one, index))).toEqual(jobStatuses(one));
});

test('the status of one job of a run whose results could not be stored is that of the run', () => {
  const conditions = [
    {
      type: 'Succeeded',
      status: 'False' as const,
      reason: 'SpecTooLarge',
      message: '',
      lastTransitionTime: '2026-11-24T12:00:00Z',
    },
  ];
  const one = { ...run(jobs), status: { state: 'FAILURE' as const, conditions } };
  expect(jobStatusAt(one, 1)).toMatchObject({ name: 'b', state: 'FAILURE', reason: 'SpecTooLarge' });
  expect([0, 1, 2].map((index) => jobStatusAt(one, index))).toEqual(jobStatuses(one));
});
