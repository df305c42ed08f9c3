import { expect, test } from '@jest/globals';
import type { JobStatus } from '../../../../contract/group-run.ts';
import { kubernetesEvents } from '../../../../controller/decide/kubernetes-events.ts';
import { runStatus } from '../../../../controller/decide/run-status.ts';
import { NOW, RUN_ID, run, stored } from '../../../support/builders.ts';

const id = (index: number) => `${RUN_ID.slice(0, -4)}${index.toString(16).padStart(4, '0')}`;
const named = (index: number, job: JobStatus): JobStatus => ({ ...job, name: `job_${index}`, id: id(index) });
/** The reasons and messages of the events that lead from one list of jobs to another. */
const told = (before: JobStatus[] | undefined, after: JobStatus[]) => {
  const one = run();
  const earlier = before && runStatus(one, before, NOW);
  return kubernetesEvents(
    { ...one, status: runStatus({ ...one, ...(earlier ? { status: earlier } : {}) }, after, NOW) },
    earlier,
  );
};

test('the Jobs that were made are told in one event', () => {
  const unmade = { name: 'job_9', id: id(9), state: 'PENDING' as const };
  expect(told(undefined, [named(1, stored('PENDING')), named(2, stored('PENDING')), unmade])).toEqual([
    { type: 'Normal', reason: 'JobsCreated', message: 'Created 2 Jobs: job_1, job_2' },
  ]);
});

test('a job that cannot start is told once, with what keeps it', () => {
  const blocked = stored('PENDING', {
    reason: 'ErrImagePull',
    message: 'no such image',
    pendingSince: NOW.toISOString(),
  });
  expect(told([stored('PENDING')], [blocked])).toEqual([
    { type: 'Warning', reason: 'JobCannotStart', message: 'job_a1 cannot start: ErrImagePull: no such image' },
  ]);
  expect(told([blocked], [{ ...blocked, reason: 'ImagePullBackOff' }])).toEqual([]);
});

test('a failure is told with its exit code, and the end of the run with what failed', () => {
  const failed = stored('FAILURE', { reason: 'Error', exitCode: 3, message: 'boom' });
  expect(told([stored('STARTED')], [failed])).toEqual([
    { type: 'Warning', reason: 'JobFailed', message: 'job_a1 failed: Error (exit code 3): boom' },
    { type: 'Warning', reason: 'Failed', message: '1 of 1 jobs did not succeed: job_a1 (Error)' },
  ]);
});

test('a retry and a stop are told', () => {
  const [retry] = told([stored('STARTED')], [stored('RETRY', { reason: 'Error' })]);
  expect(retry).toMatchObject({ type: 'Warning', reason: 'JobRetries' });
  const revoked = told([stored('STARTED')], [stored('REVOKED', { reason: 'Cancelled' })]);
  expect(revoked.map(({ reason }) => reason)).toEqual(['JobRevoked', 'Revoked']);
});

test('a thousand jobs that fail at once are told in a dozen short events', () => {
  const all = (state: JobStatus) => Array.from({ length: 1000 }, (_, index) => named(index + 1, state));
  const events = told(all(stored('STARTED')), all(stored('FAILURE', { reason: 'Error', message: 'x'.repeat(2000) })));
  expect(events).toHaveLength(12);
  expect(events[10]!.message).toBe('990 more jobs changed; see the status.');
  for (const { message } of events) expect(message.length).toBeLessThanOrEqual(500);
});

test('nothing new is nothing told', () => {
  expect(told([stored('STARTED')], [stored('STARTED')])).toEqual([]);
});
