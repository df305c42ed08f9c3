import { describe, expect, test } from '@jest/globals';
import { failureCause } from '../../../../controller/decide/failure.ts';
import { evictedPod, failedPod, job } from '../../../support/builders.ts';

const overLimit = job({ type: 'FailureTarget', reason: 'BackoffLimitExceeded', message: 'Job has reached the limit' });

describe('why a job failed', () => {
  test.each([
    ['a non-zero exit', failedPod({ message: 'boom\n' }), { reason: 'Error', exitCode: 3, message: 'boom' }],
    ['memory', failedPod({ reason: 'OOMKilled', exitCode: 137 }), { reason: 'OOMKilled', exitCode: 137 }],
    ['a start', failedPod({ reason: 'StartError', exitCode: 128 }), { reason: 'StartError', exitCode: 128 }],
    ['an eviction', evictedPod(), { reason: 'Evicted', message: 'The node was low on memory' }],
  ])('a failure for %s is told from the pod', (_, pod, expected) => {
    expect(failureCause(overLimit, [pod])).toEqual(expected);
  });

  test('of several pods the last one tells', () => {
    const pods = [failedPod({ exitCode: 2 }, 9), failedPod({ exitCode: 1 }, 3)];
    expect(failureCause(overLimit, pods)).toMatchObject({ exitCode: 2 });
  });

  test('without a pod it is what the Job says', () => {
    expect(failureCause(overLimit, [])).toEqual({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the limit',
    });
  });

  test('a deadline says nothing of the exit code of the pod that was killed for it', () => {
    const late = job({ type: 'FailureTarget', reason: 'DeadlineExceeded', message: 'too long' });
    expect(failureCause(late, [failedPod({ exitCode: 137 })])).toEqual({
      reason: 'DeadlineExceeded',
      message: 'too long',
    });
  });

  test('of a long message the end is kept', () => {
    const { message } = failureCause(overLimit, [failedPod({ message: `${'x'.repeat(5000)}the end` })]);
    expect(message).toMatch(/the end$/);
    expect(message!.length).toBeLessThanOrEqual(2048);
  });
});
