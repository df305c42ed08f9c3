import { expect, test } from '@jest/globals';
import type { JobStatus } from '../../../../contract/group-run.ts';
import { kubernetesEvents } from '../../../../controller/decide/kubernetes-events.ts';
import { runStatus } from '../../../../controller/decide/run-status.ts';
import { NOW, run, stored } from '../../../support/builders.ts';

const named = (index: number, job: JobStatus): JobStatus => ({ ...job, name: `job_${index}` });
/** The Events for the change from one list of jobs to another. */
const eventsFor = (before: JobStatus[] | undefined, after: JobStatus[]) => {
  const one = run();
  const earlier = before && runStatus(one, before, NOW);
  return kubernetesEvents(
    { ...one, status: runStatus({ ...one, ...(earlier ? { status: earlier } : {}) }, after, NOW) },
    earlier,
  );
};

test('created Jobs get no Event: the status names them', () => {
  expect(eventsFor(undefined, [named(1, stored('PENDING')), named(2, stored('PENDING'))])).toEqual([]);
});

test('a blocked job gets one Event, with the reason', () => {
  const blocked = stored('PENDING', {
    reason: 'ErrImagePull',
    message: 'no such image',
    pendingSince: NOW.toISOString(),
  });
  expect(eventsFor([stored('PENDING')], [blocked])).toEqual([
    { type: 'Warning', reason: 'JobCannotStart', message: 'job_a1 cannot start: ErrImagePull: no such image' },
  ]);
  expect(eventsFor([blocked], [{ ...blocked, reason: 'ImagePullBackOff' }])).toEqual([]);
});

test('the Event of a failed job has its exit code, the Event of the run the failed jobs', () => {
  const failed = stored('FAILURE', { reason: 'Error', exitCode: 3, message: 'boom' });
  expect(eventsFor([stored('STARTED')], [failed])).toEqual([
    { type: 'Warning', reason: 'JobFailed', message: 'job_a1 failed: Error (exit code 3): boom' },
    { type: 'Warning', reason: 'Failed', message: '1 of 1 jobs did not succeed: job_a1 (Error)' },
  ]);
});

test('a retry and a stop get Events', () => {
  expect(eventsFor([stored('STARTED')], [stored('RETRY', { reason: 'Error', exitCode: 3 })])).toEqual([
    { type: 'Warning', reason: 'JobRetries', message: 'job_a1 is tried again: Error (exit code 3)' },
  ]);
  expect(eventsFor([stored('STARTED')], [stored('REVOKED', { reason: 'Cancelled' })])).toEqual([
    { type: 'Normal', reason: 'JobRevoked', message: 'job_a1 was revoked: Cancelled' },
    { type: 'Normal', reason: 'Revoked', message: '1 of 1 jobs did not succeed: job_a1 (Cancelled)' },
  ]);
});

test('a run that succeeds gets no Event, and one that is over gets no second', () => {
  expect(eventsFor([stored('STARTED')], [stored('SUCCESS')])).toEqual([]);
  const failed = stored('FAILURE', { reason: 'Error' });
  expect(eventsFor([failed], [failed])).toEqual([]);
});

test('a thousand jobs that fail together get a dozen short Events', () => {
  const all = (state: JobStatus) => Array.from({ length: 1000 }, (_, index) => named(index + 1, state));
  const events = eventsFor(
    all(stored('STARTED')),
    all(stored('FAILURE', { reason: 'Error', message: 'x'.repeat(2000) })),
  );
  expect(events).toHaveLength(12);
  expect(events[10]!.message).toBe('990 more jobs changed; see the status.');
  for (const { message } of events) expect(message.length).toBeLessThanOrEqual(500);
});

test('an unchanged status gets no Event', () => {
  expect(eventsFor([stored('STARTED')], [stored('STARTED')])).toEqual([]);
});
