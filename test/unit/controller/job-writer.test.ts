import { expect, test } from '@jest/globals';
import type { Job } from '../../../controller/decide/types.ts';
import { JobWriter } from '../../../controller/job-writer.ts';
import type { Observer } from '../../../controller/observe.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { job } from '../../support/builders.ts';

/** A writer with the calls it made. */
function start(answer: () => Promise<unknown> = async () => job()) {
  const calls: unknown[] = [];
  const request = ((method, path, options) => {
    calls.push([method, path, options?.body]);
    return answer();
  }) as KubeClient['request'];
  const observer = {} as Observer;
  const writer = new JobWriter({
    client: { request },
    observer,
    path: '/jobs',
    podsPath: '/pods',
    jobImage: 'image',
    jobTtlSeconds: 3600,
    writeOptions: () => ({}),
  });
  return { calls, writer };
}

const jobOf = (uid: string): Job => ({ ...job(), metadata: { ...job().metadata, name: 'j', uid } });

test('the TTL of a Job is set once', async () => {
  const { calls, writer } = start();
  await writer.expire(jobOf('a'));
  await writer.expire(jobOf('a'));
  expect(calls).toEqual([['PATCH', '/jobs/j', { metadata: { uid: 'a' }, spec: { ttlSecondsAfterFinished: 3600 } }]]);
});

test('a TTL that was refused is set at the next call, but not when the Job is gone', async () => {
  let answer = (): Promise<unknown> => Promise.reject(new ApiError(409, 'Conflict', 'changed'));
  const { calls, writer } = start(() => answer());
  await expect(writer.expire(jobOf('a'))).rejects.toThrow('changed');
  answer = () => Promise.reject(new ApiError(404, 'NotFound', 'gone'));
  await writer.expire(jobOf('a'));
  await writer.expire(jobOf('a'));
  expect(calls).toHaveLength(2);
});

test('the last two thousand Jobs with a TTL are remembered', async () => {
  const { calls, writer } = start();
  for (let i = 0; i < 2001; i++) await writer.expire(jobOf(`${i}`));
  calls.length = 0;
  await writer.expire(jobOf('1'));
  await writer.expire(jobOf('0'));
  expect(calls).toEqual([['PATCH', '/jobs/j', expect.objectContaining({ metadata: { uid: '0' } })]]);
});
