import { expect, test } from '@jest/globals';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { stopDue } from '../../../../controller/decide/stop-due.ts';
import { job, NOW, observed, stored, waitingPod } from '../../../support/builders.ts';

/** Its deadline passed at 11:55, its pending deadline at 11:02. */
const overdue: Partial<ObservedJob> = {
  job: { ...job(), status: { startTime: '2026-11-24T11:50:00Z' } },
  pods: [waitingPod('ErrImagePull')],
  previous: stored('PENDING', { pendingSince: '2026-11-24T11:00:00Z' }),
};

test('a job that is cancelled and past its deadlines is stopped as cancelled', () => {
  expect(stopDue(observed({ ...overdue, cancelled: true }), NOW)).toEqual({ reason: 'Cancelled' });
});

test('a job that is past both its deadlines names activeDeadlineSeconds', () => {
  expect(stopDue(observed(overdue), NOW)).toMatchObject({
    reason: 'ErrImagePull',
    message: expect.stringContaining('activeDeadlineSeconds'),
  });
});
