import { describe, expect, test } from '@jest/globals';
import { jobStatuses } from '../../../../api/views/run-view.ts';
import type { GroupRunStatus, JobStatus } from '../../../../contract/group-run.ts';
import { jobId } from '../../../../contract/ids.ts';
import { definition, ID, RUN_ID, run } from '../../../support/builders.ts';

const SECOND = jobId(RUN_ID, 2);
const withStatus = (status?: GroupRunStatus) => ({
  ...run([definition({ name: 'a' }), definition({ name: 'b' })]),
  ...(status && { status }),
});
const one: JobStatus = { name: 'a', state: 'STARTED' };
const condition = (reason: string) => [
  { type: 'Succeeded', status: 'False' as const, reason, message: '', lastTransitionTime: '2026-11-24T12:00:00Z' },
];

describe('a job without a stored status', () => {
  test('is PENDING while its run is not over', () => {
    expect(jobStatuses(withStatus())).toEqual([
      { name: 'a', id: ID, state: 'PENDING' },
      { name: 'b', id: SECOND, state: 'PENDING' },
    ]);
    expect(jobStatuses(withStatus({ state: 'STARTED', jobs: [one] }))).toEqual([
      { ...one, id: ID },
      { name: 'b', id: SECOND, state: 'PENDING' },
    ]);
  });

  test('has the state of its run once that is over, and the reason if that is the size', () => {
    expect(jobStatuses(withStatus({ state: 'FAILURE', conditions: condition('SpecTooLarge') }))).toEqual([
      { name: 'a', id: ID, state: 'FAILURE', reason: 'SpecTooLarge' },
      { name: 'b', id: SECOND, state: 'FAILURE', reason: 'SpecTooLarge' },
    ]);
    expect(jobStatuses(withStatus({ state: 'REVOKED', conditions: condition('JobsRevoked') }))[1]).toEqual({
      name: 'b',
      id: SECOND,
      state: 'REVOKED',
    });
  });
});
