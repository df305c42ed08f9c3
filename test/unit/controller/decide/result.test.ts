import { describe, expect, test } from '@jest/globals';
import { resultOf } from '../../../../controller/decide/result.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import type { Pod } from '../../../../controller/decide/types.ts';
import {
  disruptedPod,
  failedPod,
  job,
  latePod,
  NOW,
  observed,
  runningPod,
  stored,
  succeededPod,
  withSidecar,
} from '../../../support/builders.ts';

const told = (message: string, minute = 0): Pod => succeededPod({ message }, minute);
const complete = job({ type: 'Complete' });

/** This pod with so many containers of each kind beside the job's. */
const beside = (pod: Pod, more: { containers?: number; init?: number; ephemeral?: number }): Pod => {
  const others = (count = 0) => Array.from({ length: count }, (_, index) => ({ name: `other-${index}` }));
  const containerStatuses = [...(pod.status?.containerStatuses ?? []), ...others(more.containers)];
  const status = { ...pod.status, containerStatuses };
  if (more.init) Object.assign(status, { initContainerStatuses: others(more.init) });
  if (more.ephemeral) Object.assign(status, { ephemeralContainerStatuses: others(more.ephemeral) });
  return { ...pod, status };
};

describe('the result of a job', () => {
  test('is what its container wrote to its termination message, unchanged', () => {
    const message = ' {"a": 1}\n\u0000\u2028 Zoë \ufffd\n';
    expect(jobStatus(observed({ job: complete, pods: [told(message)] }), NOW)).toMatchObject({
      state: 'SUCCESS',
      result: message,
    });
  });

  test.each<[string, Pod[]]>([
    ['its pods are gone', []],
    ['it wrote nothing', [succeededPod()]],
    ['what it wrote is empty', [told('')]],
  ])('is absent where %s', (_, pods) => {
    const status = jobStatus(observed({ job: complete, pods }), NOW);
    expect(status.state).toBe('SUCCESS');
    expect(Object.keys(status).filter((field) => field.startsWith('result'))).toEqual([]);
  });

  test('is that of the attempt that succeeded', () => {
    const pods = [failedPod({ message: 'first' }, 1), told('second', 2)];
    for (const some of [pods, pods.toReversed()]) {
      expect(jobStatus(observed({ job: complete, pods: some }), NOW)).toMatchObject({ result: 'second', attempts: 2 });
    }
  });

  test('is not that of a pod that failed although its container ended with exit code 0', () => {
    const message = 'of a pod that failed';
    const late = latePod(9);
    const evicted = disruptedPod();
    for (const one of [late, evicted]) {
      Object.assign(one.status!.containerStatuses![0]!.state!.terminated!, { exitCode: 0, message });
    }
    expect(resultOf([late, told('of the job', 1), evicted])).toEqual({ result: 'of the job' });
    expect(resultOf([late, evicted])).toEqual({});
  });

  test('is told by a pod that was deleted since', () => {
    expect(jobStatus(observed({ job: complete, deletedPods: [told('last seen')] }), NOW)).toMatchObject({
      state: 'SUCCESS',
      result: 'last seen',
    });
  });

  test('is there where another container outlives that of the job, and is not that of the other', () => {
    const pod = withSidecar(told('of the job'));
    pod.status!.containerStatuses!.push({ name: 'z', state: { terminated: { exitCode: 0, message: 'of another' } } });
    expect(jobStatus(observed({ pods: [pod] }), NOW)).toMatchObject({ state: 'SUCCESS', result: 'of the job' });
  });

  test('never changes once it is stored', () => {
    const previous = stored('SUCCESS', { result: 'stored' });
    expect(jobStatus(observed({ previous, job: complete, pods: [told('another')] }), NOW)).toEqual(previous);
    const none = stored('SUCCESS');
    expect(jobStatus(observed({ previous: none, job: complete, pods: [told('too late')] }), NOW)).toEqual(none);
  });

  test('is absent until the job has succeeded, and where it did not', () => {
    expect(jobStatus(observed({ pods: [told('early')] }), NOW)).not.toHaveProperty('result');
    expect(jobStatus(observed({ pods: [runningPod()] }), NOW)).not.toHaveProperty('result');
    const failed = job({ type: 'Failed', reason: 'BackoffLimitExceeded' }, 1);
    const status = jobStatus(observed({ job: failed, pods: [failedPod({ message: 'no disk' })] }), NOW);
    expect(status).toMatchObject({ state: 'FAILURE', message: 'no disk' });
    expect(status).not.toHaveProperty('result');
  });
});

describe('a result that the kubelet may have cut is too large', () => {
  const TOO_LARGE = { resultTooLarge: true };

  test.each([
    ['4,095 bytes', 'x'.repeat(4095), { result: 'x'.repeat(4095) }],
    ['4,096 bytes', 'x'.repeat(4096), TOO_LARGE],
    ['2,048 characters of two bytes', 'é'.repeat(2048), TOO_LARGE],
    ['1,366 bytes that are no UTF-8, which the API server replaces by three each', '\ufffd'.repeat(1366), TOO_LARGE],
  ])('%s', (_, message, expected) => expect(resultOf([told(message)])).toEqual(expected));

  test.each([
    [2, { containers: 2 }, 4095],
    [3, { containers: 3 }, 3071],
    [4, { containers: 1, init: 2, ephemeral: 1 }, 2456],
  ])('in a pod with %i more containers, which share 12,288 bytes: %j', (_, more, most) => {
    const [whole, cut] = [most, most + 1].map((length) => beside(told('x'.repeat(length)), more));
    expect(resultOf([whole!])).toEqual({ result: 'x'.repeat(most) });
    expect(resultOf([cut!])).toEqual(TOO_LARGE);
  });
});
