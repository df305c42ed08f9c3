import { describe, expect, test } from '@jest/globals';
import { failureCause } from '../../../../controller/decide/failure.ts';
import { evictedPod, failedPod, job } from '../../../support/builders.ts';

const overLimit = job({ type: 'FailureTarget', reason: 'BackoffLimitExceeded', message: 'Job has reached the limit' });

describe('the cause of a failed Job', () => {
  test.each([
    ['a non-zero exit', failedPod({ message: 'boom\n' }), { reason: 'Error', exitCode: 3, message: 'boom' }],
    ['lack of memory', failedPod({ reason: 'OOMKilled', exitCode: 137 }), { reason: 'OOMKilled', exitCode: 137 }],
    ['a failed start', failedPod({ reason: 'StartError', exitCode: 128 }), { reason: 'StartError', exitCode: 128 }],
    ['an eviction', evictedPod(), { reason: 'Evicted', message: 'The node was low on memory' }],
  ])('is, for %s, that of the pod', (_, pod, expected) => {
    expect(failureCause(overLimit, [pod])).toEqual(expected);
  });

  test('is that of the newest of several pods', () => {
    const pods = [failedPod({ exitCode: 2 }, 9), failedPod({ exitCode: 1 }, 3)];
    expect(failureCause(overLimit, pods)).toMatchObject({ exitCode: 2 });
  });

  test('is that of the Job if no pod is left', () => {
    expect(failureCause(overLimit, [])).toEqual({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the limit',
    });
  });

  test('is DeadlineExceeded without the exit code of the killed pod', () => {
    const late = job({ type: 'FailureTarget', reason: 'DeadlineExceeded', message: 'too long' });
    expect(failureCause(late, [failedPod({ exitCode: 137 })])).toEqual({
      reason: 'DeadlineExceeded',
      message: 'too long',
    });
  });

  test('keeps the end of a long message', () => {
    const { message } = failureCause(overLimit, [failedPod({ message: `${'x'.repeat(5000)}the end` })]);
    expect(message).toMatch(/the end$/);
    expect(message!.length).toBeLessThanOrEqual(2048);
  });
});
