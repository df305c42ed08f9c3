import { describe, expect, test } from '@jest/globals';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import {
  failedPod,
  job,
  NOW,
  observed,
  runningPod,
  stoppedJob,
  stored,
  waitingPod,
} from '../../../support/builders.ts';

const status = (fields: Partial<ObservedJob>) => jobStatus(observed(fields), NOW);
const at = '2026-11-24T11:30:00Z';

describe('finishedAt', () => {
  test.each(['SuccessCriteriaMet', 'Complete', 'FailureTarget', 'Failed'])(
    'is the time of %s, not of the look',
    (type) => {
      expect(status({ job: job({ type, lastTransitionTime: at }) }).finishedAt).toBe(at);
    },
  );

  test.each<[string, Partial<ObservedJob>]>([
    ['is stopped', { job: stoppedJob('Cancelled', true) }],
    ['is gone', { job: undefined, deleted: true }],
  ])('is the current time, if the Job %s', (_, fields) => {
    expect(status(fields).finishedAt).toBe(NOW.toISOString());
  });
});

describe('startedAt', () => {
  test('is that of the first attempt', () => {
    expect(status({ pods: [runningPod(9)], deletedPods: [failedPod({}, 4)] }).startedAt).toBe('2026-11-24T11:04:05Z');
  });

  test('stays when the first attempt is gone', () => {
    const previous = stored('STARTED', { startedAt: '2026-11-24T11:04:05Z' });
    expect(status({ pods: [runningPod(9)], previous }).startedAt).toBe('2026-11-24T11:04:05Z');
  });
});

describe('podCreatedAt', () => {
  const created = '2026-11-24T11:04:00Z';

  test('is that of the first pod, from the first status that says more than PENDING', () => {
    expect(status({ pods: [runningPod(9)], deletedPods: [failedPod({}, 4)] }).podCreatedAt).toBe(created);
    expect(status({ pods: [waitingPod('ErrImagePull', 'why', 4)] })).toMatchObject({ podCreatedAt: created });
    expect(status({ pods: [waitingPod('ContainerCreating', '', 4)] })).toMatchObject({ state: 'PENDING' });
    expect(status({ pods: [waitingPod('ContainerCreating', '', 4)] })).not.toHaveProperty('podCreatedAt');
  });

  test('is left out if the container started in the same second, and stays so when the next attempt starts', () => {
    const startedAt = '2026-11-24T11:04:00Z';
    expect(status({ pods: [failedPod({ startedAt }, 4)] })).not.toHaveProperty('podCreatedAt');
    const previous = stored('RETRY', { startedAt });
    expect(status({ pods: [runningPod(9)], previous })).not.toHaveProperty('podCreatedAt');
  });

  test('is dropped if the container, once it starts, does so in that second', () => {
    const previous = stored('PENDING', { podCreatedAt: created, reason: 'ErrImagePull' });
    expect(status({ pods: [failedPod({ startedAt: created }, 4)], previous })).not.toHaveProperty('podCreatedAt');
  });

  test('stays when the first pod is gone, when the job is unblocked, and at its end', () => {
    const blocked = stored('PENDING', { podCreatedAt: created, reason: 'ErrImagePull' });
    expect(status({ pods: [waitingPod('ContainerCreating', '', 9)], previous: blocked }).podCreatedAt).toBe(created);
    expect(status({ pods: [runningPod(9)], previous: blocked }).podCreatedAt).toBe(created);
    const started = stored('STARTED', { podCreatedAt: created, startedAt: '2026-11-24T11:04:05Z' });
    expect(status({ job: job({ type: 'Complete' }), previous: started }).podCreatedAt).toBe(created);
  });

  test('of a job that never started is stored with its end', () => {
    const never = waitingPod('ErrImagePull', 'why', 4);
    expect(status({ job: stoppedJob('ErrImagePull', true), deletedPods: [never] }).podCreatedAt).toBe(created);
  });
});

describe('pendingSince', () => {
  const previous = stored('PENDING', { pendingSince: at });

  test('stays while it is not known whether the Job can be created', () => {
    expect(status({ job: undefined, previous })).toMatchObject({ state: 'PENDING', pendingSince: at });
  });

  test('goes at the end of the job', () => {
    expect(status({ job: undefined, previous, cancelled: true })).not.toHaveProperty('pendingSince');
  });
});
