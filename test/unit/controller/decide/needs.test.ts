import { describe, expect, test } from '@jest/globals';
import type { JobStatus } from '../../../../contract/group-run.ts';
import { groupFailure, type NeededJob } from '../../../../controller/decide/needs.ts';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import { definition, job, NOW, observed, run, stoppedJob, stored } from '../../../support/builders.ts';

const needed = (name: string, status?: Partial<JobStatus> & Pick<JobStatus, 'state'>): NeededJob => ({
  name,
  index: 0,
  status: status && { name, ...status },
});
const done = needed('done', { state: 'SUCCESS' });
const failed: JobStatus = { name: 'bad', state: 'FAILURE', reason: 'Error', exitCode: 3 };
const waiting = { state: 'PENDING', reason: 'WaitsForJobs' };
const revoked = { state: 'REVOKED', reason: 'DependencyFailed' };

describe('the state of a job without a Job that needs others', () => {
  test.each<[string, Partial<ObservedJob>, Record<string, unknown>]>([
    ['of which nothing is known', { needed: [needed('a')] }, { ...waiting, message: 'It waits for a.' }],
    [
      'of which one has succeeded',
      { needed: [done, needed('a', { state: 'RETRY' })] },
      { ...waiting, message: 'It waits for a.' },
    ],
    [
      'of which seven are not over',
      { needed: [...'abcdefg'].map((name) => needed(name, { state: 'STARTED' })) },
      { ...waiting, message: 'It waits for a, b, c, d, e and 2 more.' },
    ],
    ['that all have succeeded', { needed: [done, done] }, { state: 'PENDING' }],
    [
      'of which one failed, and others are not over',
      { needed: [needed('a'), needed('bad', failed)] },
      { ...revoked, message: 'It needs bad, which is FAILURE: Error, exit code 3.' },
    ],
    [
      'of which one was revoked',
      { needed: [needed('a', { state: 'REVOKED', reason: 'Cancelled' })] },
      { ...revoked, message: 'It needs a, which is REVOKED: Cancelled.' },
    ],
    [
      'and is cancelled',
      { needed: [needed('bad', failed)], cancelled: true },
      { state: 'REVOKED', reason: 'Cancelled' },
    ],
    [
      'of which one failed, as the group does',
      { needed: [needed('bad', failed)], groupFailure: failed },
      { ...revoked, message: 'It needs bad, which is FAILURE: Error, exit code 3.' },
    ],
    [
      'while its group fails',
      { needed: [needed('a')], groupFailure: failed },
      { state: 'REVOKED', reason: 'GroupFailed', message: 'The job bad failed: Error, exit code 3.' },
    ],
  ])('%s', (_what, fields, expected) => {
    const { name, finishedAt, ...status } = jobStatus(observed({ job: undefined, ...fields }), NOW);
    expect(status).toEqual(expected);
    expect(finishedAt).toBe(expected.state === 'REVOKED' ? NOW.toISOString() : undefined);
  });

  test('is not that of one that waits once its Job was recorded or denied', () => {
    const others = [needed('bad', failed)];
    expect(jobStatus(observed({ needed: others }), NOW)).toMatchObject({ state: 'PENDING', jobUID: 'job-uid' });
    const gone = observed({ job: undefined, previous: stored('STARTED'), deleted: true, needed: others });
    expect(jobStatus(gone, NOW)).toMatchObject({ state: 'FAILURE', reason: 'JobDeleted' });
    const denied = observed({ job: undefined, denied: 'exceeded quota', needed: [done] });
    expect(jobStatus(denied, NOW)).toMatchObject({ state: 'PENDING', reason: 'FailedCreate' });
  });

  test('has no pending deadline while it waits', () => {
    const first = jobStatus(observed({ job: undefined, needed: [needed('a')] }), NOW);
    const muchLater = new Date(NOW.getTime() + 1e9);
    expect(first).not.toHaveProperty('pendingSince');
    expect(jobStatus(observed({ job: undefined, previous: first, needed: [needed('a')] }), muchLater)).toEqual(first);
  });
});

test('a job that was stopped because its group failed is REVOKED when its pods are gone', () => {
  const stopped = (suspended: boolean) => jobStatus(observed({ job: stoppedJob('GroupFailed', suspended) }), NOW);
  expect(stopped(false)).toMatchObject({ state: 'PENDING', reason: 'GroupFailed' });
  expect(stopped(true)).toMatchObject({ state: 'REVOKED', reason: 'GroupFailed' });
  const late = observed({ job: job({ type: 'Complete' }), groupFailure: failed });
  expect(jobStatus(late, NOW).state).toBe('SUCCESS');
});

test('the failure of a run whose jobs fail together is the first in time; others have none', () => {
  const statuses: JobStatus[] = [
    { name: 'a', state: 'REVOKED', finishedAt: '2026-11-24T11:00:00Z' },
    { name: 'b', state: 'FAILURE', finishedAt: '2026-11-24T11:30:00.500Z' },
    { name: 'c', state: 'FAILURE', finishedAt: '2026-11-24T11:30:00Z' },
  ];
  const one = run(
    statuses.map(({ name }) => definition({ name })),
    statuses,
  );
  expect(groupFailure(one)).toBeUndefined();
  expect(groupFailure({ ...one, spec: { ...one.spec, onFailure: 'continue' } })).toBeUndefined();
  expect(groupFailure({ ...one, spec: { ...one.spec, onFailure: 'cancel' } })?.name).toBe('c');
  expect(groupFailure({ ...run(), spec: { ...one.spec, onFailure: 'cancel' } })).toBeUndefined();
});
