import { describe, expect, test } from '@jest/globals';
import type { ObservedRun } from '../../../controller/decide/observed.ts';
import type { Job } from '../../../controller/decide/types.ts';
import { JobWriter } from '../../../controller/job-writer.ts';
import type { Observer } from '../../../controller/observe.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { ID, job, observedRun, RUN_ID, run } from '../../support/builders.ts';

/** A writer with the calls it made; the API server has the Job `existing`, and `foreign` if others use the labels of the run. */
function start(answer: () => Promise<unknown> = async () => job(), existing?: Job, foreign = false) {
  const calls: unknown[] = [];
  const request = ((method, path, options) => {
    calls.push([method, path, ...(options?.query ? [options.query] : []), options?.body]);
    return answer();
  }) as KubeClient['request'];
  const observer = {
    job: async () => existing,
    adopt: async ({ jobs }: ObservedRun, one: Job) => void jobs.set(one.metadata.name, one),
    hasForeignJobs: () => foreign,
  } as unknown as Observer;
  const writer = new JobWriter({
    client: { request },
    observer,
    path: '/jobs',
    podsPath: '/pods',
    jobImage: 'image',
    writeOptions: () => ({}),
  });
  return { calls, writer };
}

const POLICY = `jobs.batch "x" is forbidden: ValidatingAdmissionPolicy 'p' denied request: no`;
const taken = (metadata: Partial<Job['metadata']>): Job => ({ metadata: { ...job().metadata, ...metadata } });
const owner = { kind: 'GroupRun', uid: 'other-uid', controller: true };

describe('the create of a Job', () => {
  const created = async (error: ApiError, existing?: Job): Promise<ObservedRun> => {
    const observed = observedRun({ run: run() });
    await start(() => Promise.reject(error), existing).writer.create(observed, 1);
    return observed;
  };

  test('that its schema refuses makes it invalid', async () => {
    const message = 'Job.batch "x" is invalid: spec: Required value';
    expect((await created(new ApiError(422, 'Invalid', message))).invalid).toEqual(new Map([[ID, message]]));
  });

  test.each([400, 403, 422])('that a policy denies with %i makes it denied', async (code) => {
    const { denied, invalid } = await created(new ApiError(code, 'Invalid', POLICY));
    expect([denied, invalid]).toEqual([new Map([[ID, POLICY]]), new Map()]);
  });

  test('that fails for another reason throws', async () => {
    await expect(created(new ApiError(503, '', 'shutting down'))).rejects.toThrow('shutting down');
  });

  test('that is answered with AlreadyExists finds the Job of an earlier create', async () => {
    const { jobs, denied } = await created(new ApiError(409, 'AlreadyExists', 'x'), job());
    expect([jobs, denied]).toEqual([new Map([[ID, job()]]), new Map()]);
  });

  test.each<[string, Partial<Job['metadata']>, RegExp]>([
    ['an earlier run of this name', { ownerReferences: [{ ...owner, name: run().metadata.name }] }, /earlier run/],
    [
      'another run that is being deleted',
      { ownerReferences: [{ ...owner, name: 'other' }], deletionTimestamp: '2026-11-24T12:00:00Z' },
      /earlier run/,
    ],
    ['another run', { ownerReferences: [{ ...owner, name: 'other' }] }, /does not belong to this run/],
  ])('whose name the Job of %s has is denied until that is gone', async (_what, metadata, message) => {
    const { jobs, denied, invalid } = await created(new ApiError(409, 'AlreadyExists', 'x'), taken(metadata));
    expect([jobs, denied, invalid]).toEqual([new Map(), new Map([[ID, expect.stringMatching(message)]]), new Map()]);
  });
});

test('a Job is only deleted in the version that was read: it may have finished since', async () => {
  const { calls, writer } = start();
  await writer.remove(job());
  const preconditions = { uid: 'job-uid', resourceVersion: '2' };
  expect(calls).toEqual([['DELETE', `/jobs/${ID}`, { propagationPolicy: 'Background', preconditions }]]);
});

describe('the Jobs of a run that is over', () => {
  const others = [job(), { ...job(), metadata: { ...job().metadata, name: 'b', uid: 'b' } }];

  test('are deleted by one call', async () => {
    const { calls, writer } = start();
    await writer.removeAll(run(), others);
    const labelSelector = `app.kubernetes.io/managed-by=async-api,async-api.dev/run=${RUN_ID}`;
    expect(calls).toEqual([['DELETE', '/jobs', { labelSelector }, { propagationPolicy: 'Background' }]]);
  });

  test('are deleted one by one, if others have given its labels to a Job of their own', async () => {
    const { calls, writer } = start(undefined, undefined, true);
    await writer.removeAll(run(), others);
    expect(calls).toMatchObject([
      ['DELETE', `/jobs/${ID}`, { preconditions: { uid: 'job-uid' } }],
      ['DELETE', '/jobs/b', { preconditions: { uid: 'b' } }],
    ]);
  });
});
