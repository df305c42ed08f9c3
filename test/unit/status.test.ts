import { describe, expect, test } from '@jest/globals';
import { runStatus } from '../../controller/run-status.ts';
import { jobStatus, type Observed } from '../../controller/status.ts';
import type { JobState, JobStatus } from '../../kube/group-run.ts';
import {
  definition,
  failedPod,
  ID,
  job,
  NOW,
  run,
  runningPod,
  unschedulablePod,
  waitingPod,
} from '../support/builders.ts';

const observed = (fields: Partial<Observed> = {}): Observed => ({
  definition: definition(),
  id: ID,
  previous: undefined,
  job: job(),
  pods: [],
  vanished: false,
  ...fields,
});
const stored = (state: JobState, fields: Partial<JobStatus> = {}): JobStatus => ({
  name: 'job_a1',
  id: ID,
  jobUID: 'job-uid',
  state,
  ...fields,
});
const twice = definition({ backoffLimit: 1 });

describe('the state of a job', () => {
  test.each<[string, Partial<Observed>, Partial<JobStatus>]>([
    ['without a Job is PENDING', { job: undefined }, { state: 'PENDING' }],
    ['whose pod runs is STARTED', { pods: [runningPod()] }, { state: 'STARTED', startedAt: '2026-11-24T11:00:05Z' }],
    [
      'is SUCCESS as soon as the Job met its criteria',
      { job: job({ type: 'SuccessCriteriaMet' }) },
      { state: 'SUCCESS' },
    ],
    ['whose Job is complete is SUCCESS', { job: job({ type: 'Complete' }) }, { state: 'SUCCESS' }],
    [
      'is FAILURE as soon as the Job is bound to fail',
      { job: job({ type: 'FailureTarget', reason: 'DeadlineExceeded' }), pods: [runningPod()] },
      { state: 'FAILURE', reason: 'DeadlineExceeded' },
    ],
    [
      'whose pod failed for the last time is FAILURE with its exit code',
      { job: job({ type: 'Failed', reason: 'BackoffLimitExceeded' }, 1), pods: [failedPod()] },
      { state: 'FAILURE', reason: 'Error', exitCode: 3 },
    ],
    ['whose Job vanished is FAILURE', { job: undefined, vanished: true }, { state: 'FAILURE', reason: 'JobDeleted' }],
    [
      'whose image is missing is PENDING',
      { pods: [waitingPod('ErrImagePull')] },
      { state: 'PENDING', reason: 'ErrImagePull' },
    ],
    [
      'whose container is being made has nothing to say',
      { pods: [waitingPod('ContainerCreating')] },
      { state: 'PENDING' },
    ],
    ['that fits on no node is PENDING', { pods: [unschedulablePod()] }, { state: 'PENDING', reason: 'Unschedulable' }],
    [
      'with another attempt due is RETRY',
      { definition: twice, job: job(undefined, 1), pods: [failedPod()] },
      { state: 'RETRY' },
    ],
    [
      'whose second attempt runs is STARTED',
      { definition: twice, job: job(undefined, 1), pods: [failedPod(), runningPod(5)] },
      { state: 'STARTED', attempts: 2 },
    ],
    ['that started never goes back to PENDING', { previous: stored('STARTED') }, { state: 'STARTED' }],
  ])('%s', (_, fields, expected) => {
    expect(jobStatus(observed(fields), NOW)).toMatchObject(expected);
  });

  test.each<JobState>(['SUCCESS', 'FAILURE', 'REVOKED'])('%s stays, even when the Job is gone', (state) => {
    const previous = stored(state);
    expect(jobStatus(observed({ previous, job: undefined, vanished: true }), NOW)).toEqual(previous);
  });

  test('SUCCESS has no reason, message or exit code, whatever went before', () => {
    const previous = stored('RETRY', { reason: 'Error', message: 'boom', exitCode: 3 });
    const status = jobStatus(observed({ previous, job: job({ type: 'Complete' }), pods: [failedPod()] }), NOW);
    expect(status).not.toHaveProperty('reason');
    expect(status).not.toHaveProperty('message');
    expect(status).not.toHaveProperty('exitCode');
    expect(status.finishedAt).toBeDefined();
  });
});

describe('the state of a run', () => {
  test.each<[JobState[], JobState, string, string]>([
    [['PENDING', 'PENDING'], 'PENDING', 'Unknown', '0/2'],
    [['PENDING', 'STARTED'], 'STARTED', 'Unknown', '0/2'],
    [['PENDING', 'RETRY'], 'STARTED', 'Unknown', '0/2'],
    [['SUCCESS', 'PENDING'], 'STARTED', 'Unknown', '1/2'],
    [['FAILURE', 'STARTED'], 'STARTED', 'Unknown', '0/2'],
    [['SUCCESS', 'SUCCESS'], 'SUCCESS', 'True', '2/2'],
    [['SUCCESS', 'REVOKED'], 'REVOKED', 'False', '1/2'],
    [['FAILURE', 'REVOKED'], 'FAILURE', 'False', '0/2'],
  ])('with jobs that are %j is %s', (states, state, condition, succeeded) => {
    const status = runStatus(
      run(),
      states.map((one) => stored(one)),
      NOW,
    );
    expect(status).toMatchObject({ state, succeeded, observedGeneration: 1 });
    expect(status.conditions).toMatchObject([{ type: 'Succeeded', status: condition }]);
  });

  test('the condition keeps its time until its status flips', () => {
    const before = run();
    before.status = runStatus(before, [stored('PENDING')], new Date('2026-11-24T11:00:00Z'));
    const still = runStatus(before, [stored('STARTED')], NOW);
    expect(still.conditions![0]!.lastTransitionTime).toBe('2026-11-24T11:00:00.000Z');
    before.status = still;
    const done = runStatus(before, [stored('SUCCESS')], NOW);
    expect(done.conditions![0]!.lastTransitionTime).toBe(NOW.toISOString());
  });
});
