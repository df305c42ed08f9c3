import { expect, test } from '@jest/globals';
import { runStatus } from '../../../../controller/decide/run-status.ts';
import { NOW, run, stored } from '../../../support/builders.ts';

const [first, second, third] = ['2026-11-24T11:01:00Z', '2026-11-24T11:02:00Z', '2026-11-24T11:03:00Z'] as const;

test('a run started with its first job and finished with its last', () => {
  const jobs = [
    stored('SUCCESS', { startedAt: second, finishedAt: third }),
    stored('FAILURE', { startedAt: first, finishedAt: second }),
    stored('REVOKED', { finishedAt: first }),
  ];
  expect(runStatus(run(), jobs, NOW)).toMatchObject({ startedAt: first, finishedAt: third });
});

test('a run with a job that is not over has no finishedAt', () => {
  const jobs = [stored('SUCCESS', { startedAt: first, finishedAt: second }), stored('STARTED', { startedAt: second })];
  expect(runStatus(run(), jobs, NOW)).not.toHaveProperty('finishedAt');
});

test('a run counts its jobs by state', () => {
  const states = { PENDING: 1, STARTED: 2, RETRY: 3, SUCCESS: 4, FAILURE: 5, REVOKED: 6 } as const;
  const jobs = (Object.keys(states) as (keyof typeof states)[]).flatMap((state) =>
    Array(states[state]).fill(stored(state)),
  );
  expect(runStatus(run(), jobs, NOW)).toMatchObject({
    counts: { pending: 1, started: 2, retry: 3, success: 4, failure: 5, revoked: 6 },
    succeeded: '4/21',
  });
});
