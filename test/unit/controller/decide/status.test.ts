import { describe, expect, test } from '@jest/globals';
import type { JobState } from '../../../../contract/group-run.ts';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { runStatus } from '../../../../controller/decide/run-status.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import { stopPatch } from '../../../../controller/decide/stop.ts';
import { stopDue } from '../../../../controller/decide/stop-due.ts';
import {
  definition,
  deletedPod,
  disruptedPod,
  endingPod,
  failedCreate,
  failedPod,
  job,
  latePod,
  NOW,
  observed,
  run,
  runningPod,
  stoppedJob,
  stored,
  succeededPod,
  unreachablePod,
  unschedulablePod,
  waitingPod,
  withSidecar,
} from '../../../support/builders.ts';

const twice = definition({ backoffLimit: 1 });

describe('the state of a job', () => {
  test.each<[string, Partial<ObservedJob>, Record<string, unknown>]>([
    ['without a Job is PENDING', { job: undefined }, { state: 'PENDING' }],
    ['whose pod runs is STARTED', { pods: [runningPod()] }, { state: 'STARTED', startedAt: '2026-11-24T11:00:05Z' }],
    ['whose Job has SuccessCriteriaMet is SUCCESS', { job: job({ type: 'SuccessCriteriaMet' }) }, { state: 'SUCCESS' }],
    ['whose Job is complete is SUCCESS', { job: job({ type: 'Complete' }) }, { state: 'SUCCESS' }],
    [
      'whose Job has FailureTarget is FAILURE',
      { job: job({ type: 'FailureTarget', reason: 'DeadlineExceeded' }), pods: [runningPod()] },
      { state: 'FAILURE', reason: 'DeadlineExceeded' },
    ],
    [
      'whose pod failed for the last time is FAILURE with its exit code',
      { job: job({ type: 'Failed', reason: 'BackoffLimitExceeded' }, 1), pods: [failedPod()] },
      { state: 'FAILURE', reason: 'Error', exitCode: 3 },
    ],
    [
      'whose container failed while the pod is still Running is FAILURE with its exit code',
      { job: job({ type: 'FailureTarget', reason: 'BackoffLimitExceeded' }, 1), pods: [endingPod()] },
      { state: 'FAILURE', reason: 'Error', exitCode: 3 },
    ],
    ['whose Job was deleted is FAILURE', { job: undefined, deleted: true }, { state: 'FAILURE', reason: 'JobDeleted' }],
    [
      'whose image is missing is PENDING',
      { pods: [waitingPod('ErrImagePull')] },
      { state: 'PENDING', reason: 'ErrImagePull' },
    ],
    ['whose container is being created is PENDING', { pods: [waitingPod('ContainerCreating')] }, { state: 'PENDING' }],
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
    [
      'whose second attempt is blocked stays RETRY and gets the new reason',
      { definition: twice, job: job(undefined, 1), pods: [failedPod(), waitingPod('ErrImagePull')] },
      { state: 'RETRY', reason: 'ErrImagePull', pendingSince: NOW.toISOString() },
    ],
    [
      'whose pod was preempted is RETRY, even with a backoffLimit of 0',
      { pods: [disruptedPod()] },
      { state: 'RETRY', reason: 'PreemptionByScheduler' },
    ],
    [
      'whose pods are denied by a quota is PENDING',
      { failedCreate: failedCreate() },
      { state: 'PENDING', reason: 'FailedCreate', message: 'exceeded quota: pods', pendingSince: NOW.toISOString() },
    ],
    [
      'that has a pod ignores an earlier FailedCreate Event',
      { failedCreate: failedCreate('2026-11-24T10:00:00Z'), pods: [failedPod()], definition: twice },
      { state: 'RETRY', reason: 'Error' },
    ],
    [
      'whose Job is denied by a quota is PENDING',
      { job: undefined, denied: 'exceeded quota: jobs' },
      { state: 'PENDING', reason: 'FailedCreate', message: 'exceeded quota: jobs' },
    ],
    [
      'whose Job is denied past the pending deadline is FAILURE',
      {
        job: undefined,
        denied: 'exceeded quota: jobs',
        previous: stored('PENDING', { pendingSince: '2026-11-24T11:58:00Z' }),
      },
      { state: 'FAILURE', reason: 'FailedCreate', message: expect.stringContaining('pendingDeadlineSeconds (120 s)') },
    ],
    ['that is suspended is PENDING', { job: { ...job(), spec: { suspend: true } } }, { reason: 'Suspended' }],
    ['that is cancelled before it has a Job is REVOKED', { job: undefined, cancelled: true }, { state: 'REVOKED' }],
    [
      'that was cancelled keeps its state until its pods are gone',
      { job: stoppedJob('Cancelled', true), pods: [runningPod()], previous: stored('STARTED'), cancelled: true },
      { state: 'STARTED' },
    ],
    [
      'that was cancelled and has no pods left is REVOKED',
      { job: stoppedJob('Cancelled', true), previous: stored('STARTED'), cancelled: true },
      { state: 'REVOKED', reason: 'Cancelled' },
    ],
    [
      'that was cancelled and whose Job was deleted is REVOKED',
      { job: undefined, deleted: true, cancelled: true },
      { state: 'REVOKED', reason: 'Cancelled' },
    ],
    [
      'that was cancelled after it had succeeded is SUCCESS',
      { job: job({ type: 'SuccessCriteriaMet' }), cancelled: true },
      { state: 'SUCCESS' },
    ],
    [
      'that was stopped for its image is FAILURE with that reason',
      { job: stoppedJob('ImagePullBackOff', true) },
      { state: 'FAILURE', reason: 'ImagePullBackOff' },
    ],
    [
      'whose deadline passed on an unreachable node stays STARTED within the grace period',
      {
        job: job({ type: 'FailureTarget', reason: 'DeadlineExceeded', lastTransitionTime: '2026-11-24T11:59:45Z' }),
        pods: [unreachablePod()],
      },
      { state: 'STARTED' },
    ],
    [
      'whose deadline passed on an unreachable node is FAILURE after the grace period',
      {
        job: job({ type: 'FailureTarget', reason: 'DeadlineExceeded', lastTransitionTime: '2026-11-24T11:59:29Z' }),
        pods: [unreachablePod()],
      },
      { state: 'FAILURE', reason: 'NodeLost', message: expect.stringContaining('node-1') },
    ],
    [
      'that was stopped on an unreachable node keeps its state until the deletion of its pod is overdue',
      {
        job: stoppedJob('Cancelled', true),
        pods: [unreachablePod('2026-11-24T11:59:45Z')],
        previous: stored('STARTED'),
      },
      { state: 'STARTED' },
    ],
    [
      'that was stopped on an unreachable node is FAILURE when the deletion of its pod is overdue',
      {
        job: stoppedJob('Cancelled', true),
        pods: [unreachablePod('2026-11-24T11:59:29Z')],
        previous: stored('STARTED'),
      },
      { state: 'FAILURE', reason: 'NodeLost' },
    ],
    [
      'whose blocked pod is being deleted keeps the reason',
      {
        pods: [deletedPod(waitingPod('ContainerCreating'))],
        previous: stored('PENDING', { reason: 'ErrImagePull', message: 'why', pendingSince: '2026-11-24T11:59:00Z' }),
      },
      { state: 'PENDING', reason: 'ErrImagePull', message: 'why', pendingSince: '2026-11-24T11:59:00Z' },
    ],
    [
      'that started and is suspended keeps its state and says so',
      { job: { ...job(), spec: { suspend: true } }, previous: stored('STARTED') },
      { state: 'STARTED', reason: 'Suspended' },
    ],
    [
      'whose container runs beside another is STARTED',
      { pods: [withSidecar(runningPod())] },
      { state: 'STARTED', startedAt: '2026-11-24T11:00:05Z' },
    ],
    [
      'whose container waits beside another that runs is PENDING',
      { pods: [withSidecar(waitingPod('ErrImagePull'))] },
      { state: 'PENDING', reason: 'ErrImagePull' },
    ],
    [
      'that succeeded beside a container that runs on is SUCCESS',
      { pods: [withSidecar(succeededPod())] },
      { state: 'SUCCESS' },
    ],
    [
      'that succeeded just now beside a container that runs is STARTED',
      { pods: [withSidecar(failedPod({ exitCode: 0, finishedAt: '2026-11-24T11:59:51Z' }))] },
      { state: 'STARTED' },
    ],
    [
      'that failed beside a container that runs on is FAILURE with its exit code',
      { pods: [withSidecar(failedPod())] },
      { state: 'FAILURE', reason: 'Error', exitCode: 3 },
    ],
    [
      'that failed beside a container that runs on, with another attempt, is RETRY',
      { definition: twice, pods: [withSidecar(failedPod())] },
      { state: 'RETRY', exitCode: 3 },
    ],
    [
      'whose first pod is gone keeps its start and counts both attempts',
      {
        pods: [runningPod(30)],
        deletedPods: [failedPod()],
        previous: stored('STARTED', { startedAt: '2026-11-24T11:00:05Z', attempts: 1 }),
      },
      { state: 'STARTED', startedAt: '2026-11-24T11:00:05Z', attempts: 2 },
    ],
    [
      'has as many attempts as the Job controller counts',
      { definition: twice, job: { ...job(), status: { failed: 2, active: 1 } }, pods: [runningPod()] },
      { attempts: 3 },
    ],
    [
      'that completed and whose Job is gone is SUCCESS',
      { job: job({ type: 'Complete' }), deleted: true },
      { state: 'SUCCESS' },
    ],
    ['that started never goes back to PENDING', { previous: stored('STARTED') }, { state: 'STARTED' }],
  ])('%s', (_, fields, expected) => {
    expect(jobStatus(observed(fields), NOW)).toMatchObject(expected);
  });

  test.each<JobState>(['SUCCESS', 'FAILURE', 'REVOKED'])('%s never changes, even if the Job is deleted', (state) => {
    const previous = stored(state);
    expect(jobStatus(observed({ previous, job: undefined, deleted: true }), NOW)).toEqual(previous);
  });

  test('SUCCESS clears reason, message and exit code', () => {
    const previous = stored('RETRY', { reason: 'Error', message: 'boom', exitCode: 3 });
    const status = jobStatus(observed({ previous, job: job({ type: 'Complete' }), pods: [failedPod()] }), NOW);
    expect(status).not.toHaveProperty('reason');
    expect(status).not.toHaveProperty('message');
    expect(status).not.toHaveProperty('exitCode');
    expect(status.finishedAt).toBeDefined();
  });
});

describe('the stop of a job at its deadline', () => {
  const startedAt = (startTime: string) => ({ ...job(), status: { startTime } });
  const [due, early] = ['2026-11-24T11:55:00Z', '2026-11-24T11:55:01Z'];

  test.each<[string, Partial<ObservedJob>]>([
    ['it has no pod', { job: startedAt(due) }],
    ['its pod waits', { job: startedAt(due), pods: [waitingPod('ContainerCreating')] }],
    ['its next attempt is due', { job: startedAt(due), definition: twice, pods: [failedPod()] }],
    ['an attempt met the deadline of its pod', { job: job(undefined, 1), definition: twice, pods: [latePod()] }],
  ])('is due if %s', (_, fields) => {
    expect(stopDue(observed(fields), NOW)).toMatchObject({ message: expect.stringContaining('activeDeadlineSeconds') });
  });

  test.each<[string, Partial<ObservedJob>]>([
    ['the deadline has not passed', { job: startedAt(early) }],
    ['an attempt runs', { job: startedAt(due), pods: [runningPod()] }],
    ['its container succeeded', { job: startedAt(due), pods: [succeededPod()] }],
    ['its Job fails by itself', { job: job(undefined, 1), pods: [latePod()] }],
  ])('is not due if %s', (_, fields) => {
    expect(stopDue(observed(fields), NOW)).toBeUndefined();
  });

  test('keeps the exit code of the attempt before, also while the pods go', () => {
    const cause = stopDue(observed({ job: startedAt(due), definition: twice, pods: [failedPod()] }), NOW)!;
    expect(cause).toMatchObject({ reason: 'DeadlineExceeded', exitCode: 3 });
    const stopped = { ...job({ type: 'Suspended' }), ...stopPatch(job(), cause) };
    const metadata = { ...job().metadata, ...stopped.metadata };
    expect(jobStatus(observed({ job: { ...stopped, metadata } }), NOW)).toMatchObject({ state: 'FAILURE', ...cause });
  });
});

describe('the stop of a blocked job', () => {
  const blocked = { pods: [waitingPod('ImagePullBackOff', 'no such image')] };
  const since = (pendingSince: string) => ({ ...blocked, previous: stored('PENDING', { pendingSince }) });

  test.each<[string, Partial<ObservedJob>]>([
    ['it was blocked just now', blocked],
    ['it has been blocked for less than pendingDeadlineSeconds', since('2026-11-24T11:58:01Z')],
    [
      'it is no longer blocked',
      { previous: stored('PENDING', { pendingSince: '2026-11-24T11:00:00Z' }), pods: [runningPod()] },
    ],
  ])('is not due if %s', (_, fields) => {
    expect(stopDue(observed(fields), NOW)).toBeUndefined();
  });

  test('is due after pendingDeadlineSeconds, with the reason', () => {
    expect(stopDue(observed(since('2026-11-24T11:58:00Z')), NOW)).toEqual({
      reason: 'ImagePullBackOff',
      message: 'It could not start within pendingDeadlineSeconds (120 s). no such image',
    });
  });

  test('counts anew if the job was unblocked in between', () => {
    const passed = { ...since('2026-11-24T11:00:00Z'), pods: [waitingPod('ContainerCreating')] };
    expect(jobStatus(observed(passed), NOW)).not.toHaveProperty('pendingSince');
    expect(jobStatus(observed({ ...blocked, previous: stored('PENDING') }), NOW).pendingSince).toBe(NOW.toISOString());
  });

  test('counts from the first blocking reason, whatever the later ones', () => {
    const { pendingSince } = jobStatus(observed(since('2026-11-24T11:59:00Z')), NOW);
    expect(pendingSince).toBe('2026-11-24T11:59:00Z');
    expect(jobStatus(observed({ ...since('2026-11-24T11:59:00Z'), pods: [runningPod()] }), NOW)).not.toHaveProperty(
      'pendingSince',
    );
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
  ])('with jobs in %j is %s', (states, state, condition, succeeded) => {
    const status = runStatus(
      run(),
      states.map((one) => stored(one)),
      NOW,
    );
    expect(status).toMatchObject({ state, succeeded, observedGeneration: 1 });
    expect(status.conditions).toMatchObject([{ type: 'Succeeded', status: condition }]);
  });

  test('keeps lastTransitionTime of the condition until its status changes', () => {
    const before = run();
    before.status = runStatus(before, [stored('PENDING')], new Date('2026-11-24T11:00:00Z'));
    const still = runStatus(before, [stored('STARTED')], NOW);
    expect(still.conditions![0]!.lastTransitionTime).toBe('2026-11-24T11:00:00.000Z');
    before.status = still;
    const done = runStatus(before, [stored('SUCCESS')], NOW);
    expect(done.conditions![0]!.lastTransitionTime).toBe(NOW.toISOString());
  });
});
