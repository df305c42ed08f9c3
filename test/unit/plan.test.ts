import { describe, expect, test } from '@jest/globals';
import { jobsToCreate, type ObservedRun, plannedStatus } from '../../controller/plan.ts';
import { definition, ID, job, NOW, run } from '../support/builders.ts';

const observed = (fields: Partial<ObservedRun> = {}): ObservedRun => ({
  run: run([definition({ name: 'a' }), definition({ name: 'b' })]),
  jobs: new Map(),
  pods: new Map(),
  vanished: new Set(),
  rejected: new Map(),
  ...fields,
});

describe('the plan for a run', () => {
  test('a new run needs all its Jobs', () => {
    expect(jobsToCreate(observed())).toEqual([1, 2]);
  });

  test('a Job that is there is not made again, recorded or not', () => {
    expect(jobsToCreate(observed({ jobs: new Map([[ID, job()]]) }))).toEqual([2]);
  });

  test('a Job that was recorded and is gone is not made again, and its job failed', () => {
    const jobs = [{ name: 'a', id: ID, jobUID: 'job-uid', state: 'STARTED' as const }];
    const gone = observed({ run: run([definition({ name: 'a' })], jobs), vanished: new Set([ID]) });
    expect(jobsToCreate(gone)).toEqual([]);
    expect(plannedStatus(gone, NOW)).toMatchObject({ state: 'FAILURE', jobs: [{ reason: 'JobDeleted' }] });
  });

  test('a Job the API server refused for good is not asked for again, and the other jobs go on', () => {
    const refused = observed({ rejected: new Map([[ID, 'no such field']]) });
    expect(jobsToCreate(refused)).toEqual([2]);
    expect(plannedStatus(refused, NOW)).toMatchObject({
      state: 'STARTED',
      jobs: [{ state: 'FAILURE', message: 'no such field' }, { state: 'PENDING' }],
    });
  });

  test('a job that failed without ever having a Job gets none later', () => {
    const jobs = [{ name: 'a', id: ID, state: 'FAILURE' as const, reason: 'JobRejected' }];
    expect(jobsToCreate(observed({ run: run([definition({ name: 'a' })], jobs) }))).toEqual([]);
  });

  test('the UID of each Job that is there is recorded', () => {
    const { jobs } = plannedStatus(observed({ jobs: new Map([[ID, job()]]) }), NOW);
    expect(jobs!.map(({ jobUID }) => jobUID)).toEqual(['job-uid', undefined]);
  });
});
