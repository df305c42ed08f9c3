import { describe, expect, test } from '@jest/globals';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import {
  definition,
  deletedPod,
  failedPod,
  job,
  NOW,
  observed,
  runningPod,
  stored,
  succeededPod,
  unreachablePod,
  waitingPod,
} from '../../../support/builders.ts';

const twice = definition({ backoffLimit: 1 });
const status = (fields: Partial<ObservedJob>) => jobStatus(observed(fields), NOW);

describe('a job with a pod that ended', () => {
  test('is STARTED, without a retry, if it has no further attempt and the Job controller has not seen the end', () => {
    expect(status({ pods: [failedPod()] })).toMatchObject({ state: 'STARTED' });
  });

  test('is RETRY with the reason of the failure while its next pod is being started', () => {
    const pods = [waitingPod('ContainerCreating', '', 9), failedPod()];
    expect(status({ definition: twice, pods })).toMatchObject({ state: 'RETRY', reason: 'Error', exitCode: 3 });
  });

  test('is not RETRY if the pod had succeeded before it was deleted', () => {
    const deletedPods = [deletedPod(succeededPod())];
    expect(status({ definition: twice, deletedPods, previous: stored('STARTED') }).state).toBe('STARTED');
  });

  test('counts a pod once that is known before and after its deletion', () => {
    expect(status({ pods: [runningPod()], deletedPods: [deletedPod(runningPod())] }).attempts).toBeUndefined();
  });

  test('has the failure of its Job, if that is no deadline, while another pod is on a lost node', () => {
    const failed = job({ type: 'FailureTarget', reason: 'BackoffLimitExceeded' }, 1);
    const pods = [failedPod(), unreachablePod()];
    expect(status({ job: failed, pods })).toMatchObject({ state: 'FAILURE', reason: 'Error', exitCode: 3 });
  });

  test('met its deadline on a lost node, if its Job is Failed', () => {
    const failed = job({ type: 'Failed', reason: 'DeadlineExceeded' });
    expect(status({ job: failed, pods: [unreachablePod()] })).toMatchObject({ reason: 'DeadlineExceeded' });
  });
});

describe('a job that was blocked', () => {
  const previous = stored('PENDING', { reason: 'ErrImagePull', message: 'why', pendingSince: '2026-11-24T11:59:00Z' });

  test('keeps the reason when its pod is gone, until the next pod reports one', () => {
    const deletedPods = [deletedPod(waitingPod('ErrImagePull'))];
    expect(status({ deletedPods, previous })).toMatchObject({
      reason: 'ErrImagePull',
      pendingSince: previous.pendingSince,
    });
  });

  test.each<[string, Partial<ObservedJob>]>([
    ['its next pod is being started', { pods: [waitingPod('ContainerCreating')] }],
    ['its pods can be created by now', {}],
  ])('has no reason any more if %s', (_, fields) => {
    expect(status({ previous, ...fields })).toEqual(expect.not.objectContaining({ reason: expect.anything() }));
  });

  test('reports that it is blocked again after it had started', () => {
    expect(status({ pods: [waitingPod('ErrImagePull')], previous: stored('STARTED') })).toMatchObject({
      state: 'STARTED',
      reason: 'ErrImagePull',
      pendingSince: NOW.toISOString(),
    });
  });
});

test('the recorded UID of a Job stays', () => {
  const later = { ...job(), metadata: { ...job().metadata, uid: 'later-uid' } };
  expect(status({ job: later, previous: stored('PENDING') }).jobUID).toBe('job-uid');
});
