import { describe, expect, test } from '@jest/globals';
import type { ObservedRun } from '../../../controller/decide/plan.ts';
import type { Job } from '../../../controller/decide/types.ts';
import { JobWriter } from '../../../controller/job-writer.ts';
import type { Observer } from '../../../controller/observe.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../../../kube/client.ts';
import { ID, job, observedRun, run } from '../../support/builders.ts';

interface Call extends RequestOptions {
  method: string;
  path: string;
}

/** A JobWriter whose calls are answered by `answer`, for an API server that has the Job `existing`. */
function writer(answer: () => unknown, existing?: Job) {
  const calls: Call[] = [];
  const client: Pick<KubeClient, 'request'> = {
    request: async <T>(method: string, path: string, options: RequestOptions = {}) => {
      calls.push({ method, path, ...options });
      return answer() as T;
    },
  };
  const observer = { job: async () => existing } as unknown as Observer;
  const deps = { client, observer, path: '/jobs', jobImage: 'image', jobTtlSeconds: 60, writeOptions: () => ({}) };
  return { jobs: new JobWriter(deps), calls };
}
const failing = (code: number, reason: string, message: string, existing?: Job) =>
  writer(() => {
    throw new ApiError(code, reason, message);
  }, existing).jobs;

const POLICY = `jobs.batch "x" is forbidden: ValidatingAdmissionPolicy 'p' denied request: no`;
const taken = (metadata: Partial<Job['metadata']>): Job => ({ metadata: { ...job().metadata, ...metadata } });
const owner = { kind: 'GroupRun', uid: 'other-uid', controller: true };

describe('the create of a Job', () => {
  const created = async (jobs: JobWriter): Promise<ObservedRun> => {
    const observed = observedRun({ run: run() });
    await jobs.create(observed, 1);
    return observed;
  };

  test('that its schema refuses makes it invalid', async () => {
    const message = 'Job.batch "x" is invalid: spec: Required value';
    expect((await created(failing(422, 'Invalid', message))).invalid).toEqual(new Map([[ID, message]]));
  });

  test.each([400, 403, 422])('that a policy denies with %i makes it denied', async (code) => {
    const { denied, invalid } = await created(failing(code, 'Invalid', POLICY));
    expect([denied, invalid]).toEqual([new Map([[ID, POLICY]]), new Map()]);
  });

  test('that fails for another reason throws', async () => {
    await expect(created(failing(503, '', 'shutting down'))).rejects.toThrow('shutting down');
  });

  test.each([
    [409, 'AlreadyExists'],
    [403, 'Forbidden'],
  ])('that is answered with %i finds the Job of an earlier create', async (code, reason) => {
    const { jobs, denied } = await created(failing(code, reason, 'x', job()));
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
    const { jobs, denied, invalid } = await created(failing(409, 'AlreadyExists', 'x', taken(metadata)));
    expect([jobs, denied, invalid]).toEqual([new Map(), new Map([[ID, expect.stringMatching(message)]]), new Map()]);
  });
});

test('a Job is only deleted in the version that was read: it may have finished since', async () => {
  const { jobs, calls } = writer(() => undefined);
  await jobs.remove(job());
  expect(calls).toMatchObject([
    { method: 'DELETE', path: `/jobs/${ID}`, body: { preconditions: { uid: 'job-uid', resourceVersion: '2' } } },
  ]);
});
