import { describe, expect, test } from '@jest/globals';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import { NOW, observed, runningPod, stoppedJob } from '../../../support/builders.ts';

const status = (fields: Partial<ObservedJob>) => jobStatus(observed(fields), NOW);

describe('a job whose Job was stopped', () => {
  test.each<[string, Partial<ObservedJob>]>([
    ['a pod runs', { job: stoppedJob('Cancelled', true), pods: [runningPod()] }],
    ['the Job controller counts an active pod', { job: stoppedJob('Cancelled', true, { active: 1 }) }],
    ['the Job controller counts a terminating pod', { job: stoppedJob('Cancelled', true, { terminating: 1 }) }],
    ['the Job controller has not seen it', { job: stoppedJob('Cancelled', false) }],
  ])('is not over while %s, and says why it was stopped', (_, fields) => {
    expect(status(fields)).toMatchObject({ state: 'PENDING', reason: 'Cancelled' });
  });

  test('is over when the Job controller counts no pods', () => {
    const job = stoppedJob('Cancelled', true, { active: 0, terminating: 0 });
    expect(status({ job })).toMatchObject({ state: 'REVOKED', reason: 'Cancelled' });
  });

  test('goes on if the Job was resumed', () => {
    const resumed = { ...stoppedJob('Cancelled', true), spec: { suspend: false } };
    expect(status({ job: resumed, pods: [runningPod()] })).toMatchObject({ state: 'STARTED' });
  });
});
