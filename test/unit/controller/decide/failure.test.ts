import { describe, expect, test } from '@jest/globals';
import { failureCause, isRetried } from '../../../../controller/decide/failure.ts';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import type { Job } from '../../../../controller/decide/types.ts';
import {
  definition,
  deletedPod,
  disruptedPod,
  evictedPod,
  failedPod,
  job,
  latePod,
  observed,
  runningPod,
  stored,
  unschedulablePod,
  waitingPod,
  withSidecar,
} from '../../../support/builders.ts';

const overLimit = job({ type: 'FailureTarget', reason: 'BackoffLimitExceeded', message: 'Job has reached the limit' });
const late = job({ type: 'FailureTarget', reason: 'DeadlineExceeded', message: 'too long' });
const cause = (of: Job, fields: Partial<ObservedJob> = {}) =>
  failureCause({ ...observed({ definition: definition({ activeDeadlineSeconds: 15 }), ...fields }), job: of });

describe('the cause of a failed Job', () => {
  test.each([
    ['a non-zero exit', failedPod({ message: 'boom\n' }), { reason: 'Error', exitCode: 3, message: 'boom' }],
    ['lack of memory', failedPod({ reason: 'OOMKilled', exitCode: 137 }), { reason: 'OOMKilled', exitCode: 137 }],
    ['a failed start', failedPod({ reason: 'StartError', exitCode: 128 }), { reason: 'StartError', exitCode: 128 }],
    [
      'a failed start on Docker',
      failedPod({ reason: 'ContainerCannotRun', exitCode: 128 }),
      { reason: 'StartError', exitCode: 128 },
    ],
    ['an eviction', evictedPod(), { reason: 'Evicted', message: 'The node was low on memory' }],
    [
      'an eviction that is also a disruption',
      { ...evictedPod(), status: { ...evictedPod().status, conditions: disruptedPod().status!.conditions! } },
      { reason: 'Evicted', message: 'The node was low on memory' },
    ],
    ['a non-zero exit beside another container', withSidecar(failedPod()), { reason: 'Error', exitCode: 3 }],
    [
      'no word of a container',
      { ...evictedPod(), status: { phase: 'Failed', message: 'why' } },
      { reason: 'Error', message: 'why' },
    ],
    ['a disruption', disruptedPod('made room'), { reason: 'PreemptionByScheduler', message: 'made room' }],
  ])('is, for %s, that of the pod', (_, pod, expected) => {
    expect(cause(overLimit, { pods: [pod] })).toEqual(expected);
  });

  describe('that its exit code forbids to try again', () => {
    const policy = job({
      type: 'FailureTarget',
      reason: 'PodFailurePolicy',
      message: 'Container job failed with exit code 42',
    });
    const fields = { definition: definition({ failOnExitCodes: [42, 143], activeDeadlineSeconds: 15 }) };

    test('is PodFailurePolicy with that exit code and the message of the pod', () => {
      const pods = [failedPod({ exitCode: 42, message: 'no such day\n' }, 3), failedPod({ exitCode: 1 }, 1)];
      const expected = { reason: 'PodFailurePolicy', exitCode: 42, message: 'no such day' };
      expect(cause(policy, { ...fields, pods })).toEqual(expected);
      expect(cause(policy, { ...fields, deletedPods: pods })).toEqual(expected);
    });

    test('says of a pod that is gone what the Job says', () => {
      const expected = { reason: 'PodFailurePolicy', message: 'Container job failed with exit code 42' };
      expect(cause(policy, fields)).toEqual(expected);
    });

    test('is the deadline if that ended the pod', () => {
      expect(cause(policy, { ...fields, pods: [latePod()] })).toMatchObject({ reason: 'DeadlineExceeded' });
    });
  });

  test('is that of the newest of several pods', () => {
    const pods = [failedPod({ exitCode: 2 }, 9), failedPod({ exitCode: 1 }, 3)];
    expect(cause(overLimit, { pods })).toMatchObject({ exitCode: 2 });
  });

  test('is that of a pod that failed, though a newer one runs', () => {
    expect(cause(overLimit, { pods: [runningPod(9), failedPod({ exitCode: 2 }, 3)] })).toMatchObject({ exitCode: 2 });
  });

  test('is that of the pod alone, though the job had been blocked', () => {
    const previous = stored('PENDING', {
      reason: 'ErrImagePull',
      message: 'why',
      pendingSince: '2026-11-24T11:00:00Z',
    });
    expect(cause(overLimit, { previous, pods: [failedPod()] })).toEqual({ reason: 'Error', exitCode: 3 });
  });

  test('is that of the Job if it did not fail because of its pods', () => {
    const other = job({ type: 'Failed', reason: 'FailedIndexes', message: 'why' });
    expect(cause(other, { pods: [failedPod()] })).toEqual({ reason: 'FailedIndexes', message: 'why' });
  });

  test('keeps the end of a long message', () => {
    const { message } = cause(overLimit, { pods: [failedPod({ message: `${'x'.repeat(5000)}the end` })] });
    expect(message).toMatch(/the end$/);
    expect(message!.length).toBeLessThanOrEqual(2048);
  });
});

describe('the cause of a Job whose pod was deleted', () => {
  const POD_DELETED = { reason: 'PodDeleted', message: 'Its pod was deleted before it ended.' };

  test.each<[string, Partial<ObservedJob>]>([
    ['by force, and not seen again', {}],
    ['by force, while it ran', { deletedPods: [deletedPod(runningPod())] }],
    ['and then ended', { deletedPods: [deletedPod(failedPod({ exitCode: 143 }))] }],
    ['and is ending', { pods: [deletedPod(failedPod({ exitCode: 143 }))] }],
  ])('is PodDeleted: %s', (_, fields) => {
    expect(cause(overLimit, fields)).toEqual(POD_DELETED);
  });

  test('tells what kept it from starting', () => {
    const previous = stored('PENDING', {
      reason: 'ErrImagePull',
      message: 'no such image',
      pendingSince: '2026-11-24T11:00:00Z',
    });
    expect(cause(overLimit, { previous, deletedPods: [deletedPod(waitingPod('ErrImagePull'))] })).toEqual({
      reason: 'PodDeleted',
      message: 'Its pod was deleted before it ended. It could not start: ErrImagePull. no such image',
    });
  });

  test('does not take the reason of another state for what kept it from starting', () => {
    expect(cause(overLimit, { previous: stored('RETRY', { reason: 'Error', message: 'boom' }) })).toEqual(POD_DELETED);
  });

  test('is that of the disruption, if it was one', () => {
    expect(cause(overLimit, { deletedPods: [deletedPod(disruptedPod())] })).toMatchObject({
      reason: 'PreemptionByScheduler',
    });
  });

  test.each([
    { reason: 'Error', exitCode: 7 },
    { reason: 'OOMKilled', exitCode: 137 },
  ])('is %j, if it had failed with that before', (failure) => {
    const failed = failedPod({ ...failure, finishedAt: '2026-11-24T11:10:00Z' });
    expect(cause(overLimit, { deletedPods: [deletedPod(failed)] })).toEqual(failure);
  });
});

describe('the cause of a Job that met its deadline', () => {
  const blocked = stored('PENDING', {
    reason: 'ErrImagePull',
    message: 'no such image',
    pendingSince: '2026-11-24T11:00:00Z',
  });

  test.each<[string, Job, Partial<ObservedJob>]>([
    ['was recorded', late, { previous: blocked }],
    ['is seen', late, { pods: [waitingPod('ErrImagePull', 'no such image')] }],
    [
      'was recorded, and the pod met its own deadline',
      overLimit,
      {
        previous: blocked,
        pods: [latePod()].map((one) => ({ ...one, status: { ...one.status, containerStatuses: [] } })),
      },
    ],
  ])('is what kept it from starting, if that %s', (_, of, fields) => {
    expect(cause(of, fields)).toEqual({
      reason: 'ErrImagePull',
      message: 'It did not start within activeDeadlineSeconds (15 s). no such image',
    });
  });

  test('is Unschedulable, if no node took its pod', () => {
    expect(cause(late, { pods: [unschedulablePod()] })).toMatchObject({
      reason: 'Unschedulable',
      message: expect.stringContaining('activeDeadlineSeconds (15 s). 0/1 nodes'),
    });
  });

  test('is what keeps it from starting now, rather than what was recorded', () => {
    expect(cause(late, { previous: blocked, pods: [unschedulablePod()] })).toMatchObject({ reason: 'Unschedulable' });
  });

  test('is DeadlineExceeded, if a pod ran that was deleted', () => {
    expect(cause(late, { previous: blocked, deletedPods: [deletedPod(runningPod())] })).toEqual({
      reason: 'DeadlineExceeded',
      message: 'It was not done within activeDeadlineSeconds (15 s).',
    });
  });

  test('is DeadlineExceeded, if nothing kept it from starting', () => {
    expect(cause(late)).toEqual({
      reason: 'DeadlineExceeded',
      message: 'It did not start within activeDeadlineSeconds (15 s).',
    });
  });

  test.each<[string, Job, Partial<ObservedJob>]>([
    ['the Job', late, { pods: [deletedPod(failedPod({ exitCode: 137 }))] }],
    ['its pod', overLimit, { pods: [latePod()] }],
  ])('is DeadlineExceeded without the exit code of the process that %s killed', (_, of, fields) => {
    expect(cause(of, { previous: stored('STARTED', { startedAt: '2026-11-24T11:00:05Z' }), ...fields })).toEqual({
      reason: 'DeadlineExceeded',
      message: 'It was not done within activeDeadlineSeconds (15 s).',
    });
  });

  test.each<[string, Partial<ObservedJob>]>([
    ['its pod is there', { pods: [failedPod({ exitCode: 7, message: 'boom' }), latePod(9)] }],
    ['its pod is gone', { deletedPods: [failedPod({ exitCode: 7, message: 'boom' })], pods: [latePod(9)] }],
    [
      'only the status tells',
      {
        previous: stored('RETRY', { startedAt: '2026-11-24T11:00:05Z', reason: 'Error', message: 'boom', exitCode: 7 }),
      },
    ],
    [
      'others failed before it, and one was evicted after it',
      {
        pods: [
          failedPod({ exitCode: 6 }, 2),
          failedPod({ exitCode: 7, message: 'boom' }, 3),
          { ...evictedPod(), metadata: runningPod(5).metadata },
          latePod(9),
        ],
        deletedPods: [failedPod({ exitCode: 5 }, 1)],
      },
    ],
  ])('keeps the exit code of an attempt that had failed before: %s', (_, fields) => {
    expect(cause(late, fields)).toEqual({
      reason: 'DeadlineExceeded',
      message:
        'It was not done within activeDeadlineSeconds (15 s). The attempt before had failed: Error, exit code 7. boom',
      exitCode: 7,
    });
  });
});

describe('a failed pod is followed by another attempt', () => {
  test.each<[string, boolean, Parameters<typeof definition>[0], number, number]>([
    ['within backoffLimit', true, { backoffLimit: 1 }, 3, 1],
    ['beyond backoffLimit', false, { backoffLimit: 1 }, 3, 2],
    ['with an exit code that is ignored, without backoffLimit', true, { ignoreExitCodes: [75] }, 75, 0],
    ['with an exit code that is ignored, beyond backoffLimit', true, { ignoreExitCodes: [75], backoffLimit: 1 }, 75, 2],
    ['with another exit code than those ignored', false, { ignoreExitCodes: [75] }, 3, 1],
    ['with an exit code that fails the job', false, { failOnExitCodes: [42], backoffLimit: 3 }, 42, 1],
    ['with another exit code than those that fail the job', true, { failOnExitCodes: [42], backoffLimit: 3 }, 3, 1],
  ])('%s: %p', (_, expected, fields, exitCode, failed) => {
    const one = observed({ definition: definition(fields), job: job(undefined, failed) });
    expect(isRetried(one, failedPod({ exitCode }))).toBe(expected);
  });

  test('after a disruption, whatever its exit code', () => {
    const one = observed({ definition: definition({ failOnExitCodes: [143] }) });
    expect(isRetried(one, disruptedPod())).toBe(true);
  });
});
