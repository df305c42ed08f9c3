import { expect, test } from '@jest/globals';
import { smallerStatuses } from '../../../../controller/decide/smaller-status.ts';
import { stored } from '../../../support/builders.ts';

const failed = stored('FAILURE', { message: 'why' });
const first = stored('SUCCESS', { result: 'first' });
const second = stored('SUCCESS', { result: 'second' });
const TOO_LARGE = stored('SUCCESS', { resultTooLarge: true });
const run = { state: 'STARTED' as const };

test('a status that does not fit loses its messages, then its results, then its jobs', () => {
  expect(smallerStatuses({ ...run, jobs: [failed, first, TOO_LARGE] })).toEqual([
    { ...run, jobs: [stored('FAILURE'), first, TOO_LARGE] },
    { ...run, jobs: [stored('FAILURE'), TOO_LARGE, TOO_LARGE] },
    run,
  ]);
});

test('it is not tried again without what it does not have', () => {
  expect(smallerStatuses({ ...run, jobs: [failed] })).toEqual([{ ...run, jobs: [stored('FAILURE')] }, run]);
  expect(smallerStatuses({ ...run, jobs: [first] })).toEqual([{ ...run, jobs: [TOO_LARGE] }, run]);
  expect(smallerStatuses({ ...run, jobs: [stored('PENDING')] })).toEqual([run]);
  expect(smallerStatuses(run)).toEqual([run]);
});

test('a stored result stays', () => {
  const jobs = [first, second];
  expect(smallerStatuses({ ...run, jobs }, [first, stored('STARTED')])).toEqual([
    { ...run, jobs: [first, TOO_LARGE] },
    run,
  ]);
  expect(smallerStatuses({ ...run, jobs }, jobs)).toEqual([run]);
});
