import { describe, expect, test } from '@jest/globals';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import { failedPod, job, NOW, observed, runningPod, stoppedJob, stored } from '../../../support/builders.ts';

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

describe('pendingSince', () => {
  const previous = stored('PENDING', { pendingSince: at });

  test('stays while it is not known whether the Job can be created', () => {
    expect(status({ job: undefined, previous })).toMatchObject({ state: 'PENDING', pendingSince: at });
  });

  test('goes at the end of the job', () => {
    expect(status({ job: undefined, previous, cancelled: true })).not.toHaveProperty('pendingSince');
  });
});
