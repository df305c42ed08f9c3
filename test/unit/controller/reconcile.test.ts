import { describe, expect, test } from '@jest/globals';
import { type GroupRun, type GroupRunStatus, MAX_SPEC_BYTES } from '../../../contract/group-run.ts';
import type { ObservedRun } from '../../../controller/decide/observed.ts';
import { plannedStatus } from '../../../controller/decide/plan.ts';
import type { JobWriter } from '../../../controller/job-writer.ts';
import type { Observer } from '../../../controller/observe.ts';
import { type Deps, Reconciler } from '../../../controller/reconcile.ts';
import { StatusWriter } from '../../../controller/status-writer.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { RequestOptions } from '../../../kube/client.ts';
import { definition, ID, job, NOW, observedRun, run, stored, unschedulablePod } from '../../support/builders.ts';

/** The pending deadline of the job is NOW. */
const pendingSince = new Date(NOW.getTime() - 120_000).toISOString();
function blockedRun() {
  const waiting = observedRun({
    run: run(undefined, [stored('PENDING', { pendingSince })]),
    jobs: new Map([[ID, job()]]),
    pods: new Map([[ID, [unschedulablePod()]]]),
  });
  const before = new Date(NOW.getTime() - 1);
  return { ...waiting, run: { ...waiting.run, status: plannedStatus(waiting, before) } };
}

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'a deadline that passes after %i reads of the clock stops the Job now or requeues the run for that millisecond',
  async (readsBefore) => {
    const done: string[] = [];
    let reads = 0;
    let read = NOW;
    const observed = blockedRun();
    const requeueAfter = (_name: string, ms: number) =>
      void done.push(`requeued for ${new Date(read.getTime() + ms).toISOString()}`);
    const reconciler = new Reconciler({
      statuses: new StatusWriter({
        client: { request: () => Promise.reject(new Error('Expected no write: the status stands')) },
        path: '',
        runs: { get: () => observed.run },
        onStatusWritten: () => {},
        requeueAfter,
        writeOptions: () => ({}),
        log: () => {},
      }),
      observer: { cached: () => observed, confirm: async () => void done.push('confirmed') } as unknown as Observer,
      jobs: { stop: async () => void done.push('stopped') } as unknown as JobWriter,
      jobTtlSeconds: 3600,
      onPodsLate: () => {},
      requeueAfter,
      now: () => {
        read = new Date(NOW.getTime() - (reads++ < readsBefore ? 1 : 0));
        return read;
      },
    });
    await reconciler.reconcile(observed.run.metadata.name);
    expect(done).toEqual(['confirmed', readsBefore === 0 ? 'stopped' : `requeued for ${NOW.toISOString()}`]);
  },
);

interface Patch {
  metadata: { resourceVersion: string };
  status: GroupRunStatus;
}
type Answer = (method: string, body: Patch | undefined) => unknown;

/** A Reconciler of `run`, whose jobs are observed as `fields` say, and what it did. Its calls are answered by `answer`. */
function reconcilerOf(one: GroupRun, answer: Answer, fields: Partial<ObservedRun> = {}, deps: Partial<Deps> = {}) {
  const calls: string[] = [];
  const patches: Patch[] = [];
  const observed: GroupRun[] = [];
  const requeueAfter = deps.requeueAfter ?? (() => {});
  const reconciler = new Reconciler({
    statuses: new StatusWriter({
      client: {
        request: async <T>(method: string, path: string, { body }: RequestOptions = {}) => {
          calls.push(`${method} ${path}`);
          if (method === 'PUT') patches.push(body as Patch);
          return answer(method, body as Patch | undefined) as T;
        },
      },
      path: '/runs',
      runs: { get: () => one },
      onStatusWritten: () => {},
      requeueAfter,
      writeOptions: () => ({}),
      log: () => {},
    }),
    observer: {
      cached: (current: GroupRun) => {
        observed.push(current);
        return observedRun({ ...fields, run: current });
      },
      confirm: async () => {},
    } as unknown as Observer,
    jobs: { create: async () => {} } as unknown as JobWriter,
    jobTtlSeconds: 60,
    onPodsLate: () => {},
    requeueAfter,
    now: () => NOW,
    ...deps,
  });
  return { reconcile: () => reconciler.reconcile(one.metadata.name), calls, patches, observed };
}
const NAME = run().metadata.name;
/** Stores what is patched, as version 2 of the run. */
const storing =
  (one: GroupRun): Answer =>
  (_method, body) => ({ ...one, metadata: { ...one.metadata, resourceVersion: '2' }, status: body?.status });
const failing = (code: number, message = ''): never => {
  throw new ApiError(code, '', message);
};

test('a run that is being deleted is left alone', async () => {
  const going = run();
  going.metadata.deletionTimestamp = NOW.toISOString();
  const { reconcile, calls, observed } = reconcilerOf(going, storing(going));
  await reconcile();
  expect([calls, observed]).toEqual([[], []]);
});

test('a Job that was created is recorded before the failure of another is thrown', async () => {
  const two = run([definition({ name: 'a' }), definition({ name: 'b' })]);
  const jobs = {
    create: async (observed: ObservedRun, index: number) => {
      if (index === 2) throw new Error('no answer');
      observed.jobs.set(ID, job());
    },
  } as unknown as JobWriter;
  const { reconcile, patches } = reconcilerOf(two, storing(two), { jobs: new Map() }, { jobs });
  await expect(reconcile()).rejects.toThrow('no answer');
  expect(patches).toMatchObject([{ status: { jobs: [{ name: 'a', jobUID: 'job-uid' }, { name: 'b' }] } }]);
});

test('Jobs that have had no pods for 10 s are reported', async () => {
  const late: string[] = [];
  const onPodsLate = ({ metadata }: GroupRun) => void late.push(metadata.name);
  const createdAt = (ms: number) => {
    const one = job();
    one.metadata.creationTimestamp = new Date(NOW.getTime() - ms).toISOString();
    return { jobs: new Map([[ID, one]]) };
  };
  await reconcilerOf(run(), storing(run()), createdAt(9999), { onPodsLate }).reconcile();
  expect(late).toEqual([]);
  await reconcilerOf(run(), storing(run()), createdAt(10_000), { onPodsLate }).reconcile();
  expect(late).toEqual([NAME]);
});

describe('the write of a status', () => {
  test('carries the version of the run that it was decided on', async () => {
    const { reconcile, patches, calls } = reconcilerOf(run(), storing(run()));
    await reconcile();
    expect(calls).toEqual([`PUT /runs/${NAME}/status`]);
    expect(patches).toMatchObject([{ metadata: { resourceVersion: '1' }, status: { state: 'PENDING' } }]);
  });

  test('that meets a conflict is followed by one that starts from what the API server has', async () => {
    const newer = { ...run(), metadata: { ...run().metadata, resourceVersion: '7' } };
    const requeued: string[] = [];
    const answer: Answer = (method) => (method === 'GET' ? newer : failing(409));
    const { reconcile, calls, observed } = reconcilerOf(
      run(),
      answer,
      {},
      {
        requeueAfter: (name) => void requeued.push(name),
      },
    );
    await reconcile();
    expect(calls).toEqual([`PUT /runs/${NAME}/status`, `GET /runs/${NAME}`]);
    expect(requeued).toContain(NAME);
    await reconcile();
    expect(observed.map(({ metadata }) => metadata.resourceVersion)).toEqual(['1', '7']);
  });

  test('of a run that was deleted meanwhile is no error, and any other failure is', async () => {
    await reconcilerOf(run(), () => failing(404)).reconcile();
    await expect(reconcilerOf(run(), () => failing(500, 'broken')).reconcile()).rejects.toThrow('broken');
  });

  test.each<[number, string]>([
    [413, 'limit is 3145728'],
    [500, 'etcdserver: request is too large'],
    [500, 'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2400000 vs. 2097152)'],
  ])('that is too large (%i %s) leaves out the messages, then the jobs', async (code, message) => {
    const invalid = new Map([[ID, 'no such field']]);
    const failed = { name: 'job_a1', state: 'FAILURE', reason: 'JobInvalid', finishedAt: NOW.toISOString() };
    const parts = [[{ ...failed, message: 'no such field' }], [failed], undefined];
    for (const tries of [2, 3]) {
      const answer: Answer = (method, body) =>
        patches.length < tries ? failing(code, message) : storing(run())(method, body);
      const { reconcile, patches } = reconcilerOf(run(), answer, { invalid });
      await reconcile();
      expect(patches.map(({ status }) => status.jobs)).toEqual(parts.slice(0, tries));
      for (const { status } of patches)
        expect(status).toMatchObject({
          state: 'FAILURE',
          counts: { failure: 1 },
          conditions: [{ reason: 'JobsFailed' }],
        });
    }
  });

  test('that is too large even without its jobs is an error', async () => {
    const { reconcile, patches } = reconcilerOf(run(), () => failing(500, 'etcdserver: request is too large'));
    await expect(reconcile()).rejects.toThrow('too large');
    expect(patches.map(({ status }) => status.jobs?.length)).toEqual([1, undefined]);
  });
});

test('a run whose spec is too large ends before any Job is created', async () => {
  const large = run([definition({ container: { image: 'i'.repeat(MAX_SPEC_BYTES) } })]);
  const jobs = { create: () => Promise.reject(new Error('Expected no Job')) } as unknown as JobWriter;
  const { reconcile, patches } = reconcilerOf(large, storing(large), {}, { jobs });
  await reconcile();
  expect(patches).toMatchObject([{ status: { state: 'FAILURE', jobs: [{ reason: 'SpecTooLarge' }] } }]);
});
