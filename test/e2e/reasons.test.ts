import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Job, Pod } from '../../controller/decide/types.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { addSecondContainer } from '../support/policy.ts';
import { finalStatus, idOf, runOf, statusOf, statusWithReason, trigger } from '../support/rest.ts';

/** Ends without a signal: deleted pods otherwise take their termination grace period. */
const forever = { sleep: { seconds: 600 }, activeDeadlineSeconds: 300 };
const noImage = { container: { image: 'registry.invalid/async-api/no-such-image:1' }, pendingDeadlineSeconds: 240 };
const GROUPS = {
  late: { jobs: { one: { log: { lines: 1000, intervalSeconds: 0.2 }, activeDeadlineSeconds: 6 } } },
  'late-retried': {
    jobs: { one: { log: { lines: 1000, intervalSeconds: 0.2 }, activeDeadlineSeconds: 6, backoffLimit: 3 } },
  },
  'no-image': { jobs: { one: { ...noImage, activeDeadlineSeconds: 15 } } },
  'no-node': {
    jobs: {
      one: {
        container: { image: process.env.TEST_JOB_IMAGE, resources: { requests: { cpu: '1000' } } },
        pendingDeadlineSeconds: 240,
        activeDeadlineSeconds: 8,
      },
    },
  },
  fails: {
    jobs: {
      one: { sleep: { seconds: 0, failProbability: 1, exitCode: 7 }, backoffLimit: 10, activeDeadlineSeconds: 25 },
    },
  },
  runs: { jobs: { one: forever } },
  'runs-retried': { jobs: { one: { ...forever, backoffLimit: 1 } } },
  'image-deleted': { jobs: { one: { ...noImage, activeDeadlineSeconds: 240 } } },
  quick: { jobs: { one: { sleep: { seconds: 2 } } } },
  sidecar: {
    jobs: {
      good: { log: { lines: 1 } },
      bad: { sleep: { seconds: 0, failProbability: 1, exitCode: 3 } },
      retried: { sleep: { seconds: 0, failProbability: 1, exitCode: 4 }, backoffLimit: 1 },
    },
  },
};

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const file = await product.writeConfig({ groups: GROUPS });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(() => product.uninstall());

const podsOf = async (path: string): Promise<Pod[]> => {
  const query = { labelSelector: `batch.kubernetes.io/job-name=${idOf(path)}` };
  return (await product.admin.request<{ items: Pod[] }>('GET', product.podsPath(), { query })).items;
};
const podOf = (path: string, isWanted: (pod: Pod) => boolean): Promise<Pod> =>
  eventually(`such a pod of ${path}`, async () => (await podsOf(path)).find(isWanted), 60_000);
const isUp = (pod: Pod): boolean => pod.status?.phase === 'Running' && !pod.metadata.deletionTimestamp;
const deletePod = ({ metadata: { name } }: Pod, gracePeriodSeconds: number) =>
  product.admin.request('DELETE', `${product.podsPath()}/${name}`, { body: { gracePeriodSeconds } });
const stored = async (path: string) =>
  (await product.storedRuns()).find(({ metadata }) => metadata.name === runOf(path));

test.each(['late', 'late-retried'])('a job that meets its deadline keeps its log (%s)', async (group) => {
  const [path] = await trigger(product, group);
  expect(await finalStatus(product, path!, 60_000)).toEqual({
    state: 'FAILURE',
    task_id: idOf(path!),
    reason: 'DeadlineExceeded',
    message: 'It was not done within activeDeadlineSeconds (6 s).',
  });
  const log = await (await fetch(`${product.url}${path}/logs`)).text();
  expect(log).toMatch(/^Line 1 of 1000\nLine 2 of 1000\n/);
  expect((await podsOf(path!)).filter(isUp)).toEqual([]);
});

test.each([
  ['no-image', /^(ErrImagePull|ImagePullBackOff)$/, /activeDeadlineSeconds \(15 s\)\. .*no-such-image/],
  ['no-node', /^Unschedulable$/, /activeDeadlineSeconds \(8 s\)\. .*nodes are available/],
])(
  'a job that never ran fails at its deadline with what kept it from starting (%s)',
  async (group, reason, message) => {
    const [path] = await trigger(product, group);
    expect(await finalStatus(product, path!, 90_000)).toMatchObject({
      state: 'FAILURE',
      reason: expect.stringMatching(reason),
      message: expect.stringMatching(message),
    });
  },
);

test('a job that failed until its deadline keeps its last exit code', async () => {
  const [path] = await trigger(product, 'fails');
  expect(await finalStatus(product, path!, 90_000)).toMatchObject({
    state: 'FAILURE',
    reason: 'DeadlineExceeded',
    exitCode: 7,
    message: expect.stringMatching(/\(25 s\)\. The attempt before had failed: Error, exit code 7\./),
  });
});

test.each([
  ['by force', 0],
  ['as kubectl does', 5],
])('a job whose running pod is deleted %s fails with PodDeleted', async (_, gracePeriodSeconds) => {
  const [path] = await trigger(product, 'runs');
  await deletePod(await podOf(path!, isUp), gracePeriodSeconds);
  expect(await finalStatus(product, path!)).toMatchObject({ state: 'FAILURE', reason: 'PodDeleted' });
});

test('a job whose pod is deleted while its image cannot be pulled fails with PodDeleted, and its message names the image problem', async () => {
  const [path] = await trigger(product, 'image-deleted');
  await statusWithReason(product, path!);
  await deletePod(await podOf(path!, () => true), 0);
  expect(await finalStatus(product, path!)).toMatchObject({
    state: 'FAILURE',
    reason: 'PodDeleted',
    message: expect.stringMatching(/It could not start: (ErrImagePull|ImagePullBackOff)\./),
  });
});

test('a pod that is deleted and replaced counts as an attempt', async () => {
  const [path] = await trigger(product, 'runs-retried');
  const first = await podOf(path!, isUp);
  await deletePod(first, 0);
  await podOf(path!, (pod) => isUp(pod) && pod.metadata.uid !== first.metadata.uid);
  const attempts = await eventually('two attempts', async () => {
    const job = (await stored(path!))?.status?.jobs?.[0];
    return job?.attempts === 2 ? job.attempts : undefined;
  });
  expect(attempts).toBe(2);
  await fetch(`${product.url}${path}/cancel`, { method: 'POST' });
});

test('a Job that is deleted right after it completed has succeeded', async () => {
  const [path] = await trigger(product, 'quick');
  const job = () => product.admin.request<Job>('GET', product.jobsPath(idOf(path!))).catch(() => undefined);
  await eventually('the recorded Job', async () => (await stored(path!))?.status?.jobs?.[0]?.jobUID);
  // While the controller sleeps, both happen. Its watch then tells of both before the run is reconciled.
  const { pid } = product.controller!;
  process.kill(pid, 'SIGSTOP');
  try {
    await eventually(
      'the completed Job',
      async () => (await job())?.status?.conditions?.some(({ type }) => type === 'Complete') || undefined,
    );
    const options = { body: { propagationPolicy: 'Background' } };
    await product.admin.request('DELETE', product.jobsPath(idOf(path!)), options);
    await eventually('no Job', async () => ((await job()) ? undefined : true));
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
});

test('the pod that a deleted Job left behind ends with its job', async () => {
  const [path] = await trigger(product, 'runs');
  await podOf(path!, isUp);
  await product.admin.request('DELETE', product.jobsPath(idOf(path!)), { body: { propagationPolicy: 'Orphan' } });
  expect(await finalStatus(product, path!)).toMatchObject({ state: 'FAILURE', reason: 'JobDeleted' });
  await eventually('no pod that runs', async () => ((await podsOf(path!)).some(isUp) ? undefined : true), 60_000);
});

test('a job that is suspended while it runs says so', async () => {
  const [path] = await trigger(product, 'runs');
  await podOf(path!, isUp);
  await eventually('STARTED', async () => (await statusOf(product, path!)).state === 'STARTED' || undefined);
  await mergePatch(product.admin, product.jobsPath(idOf(path!)), { spec: { suspend: true } });
  expect(await statusWithReason(product, path!)).toMatchObject({ state: 'STARTED', reason: 'Suspended' });
  await fetch(`${product.url}${path}/cancel`, { method: 'POST' });
});

test('a condition that another controller sets on a run stays', async () => {
  const [path] = await trigger(product, 'runs');
  await podOf(path!, isUp);
  const current = await eventually('a status', async () => {
    const found = await stored(path!);
    return found?.status?.conditions ? found : undefined;
  });
  const other = {
    type: 'Audited',
    status: 'True',
    reason: 'Seen',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const conditions = [...current.status!.conditions!, other];
  await mergePatch(product.admin, `${product.runsPath(runOf(path!))}/status`, { status: { conditions } });
  await fetch(`${product.url}${path}/cancel`, { method: 'POST' });
  await finalStatus(product, path!);
  const { status } = (await stored(path!))!;
  expect(status!.conditions!.map(({ type }) => type).toSorted()).toEqual(['Audited', 'Succeeded']);
});

test('a container that an admission plugin adds and that never ends does not hide how the job ended', async () => {
  const remove = await addSecondContainer(product, 'sidecar');
  try {
    const [good, bad, retried] = await trigger(product, 'sidecar');
    expect((await finalStatus(product, good!, 60_000)).state).toBe('SUCCESS');
    expect(await finalStatus(product, bad!, 60_000)).toMatchObject({ state: 'FAILURE', reason: 'Error', exitCode: 3 });
    expect(await finalStatus(product, retried!, 90_000)).toMatchObject({
      state: 'FAILURE',
      reason: 'Error',
      exitCode: 4,
    });
    expect((await stored(retried!))?.status?.jobs?.[2]?.attempts).toBe(2);
    await eventually('no pod that runs', async () => {
      const all = await Promise.all([good, bad, retried].map((path) => podsOf(path!)));
      return all.flat().some(isUp) ? undefined : true;
    });
  } finally {
    await remove();
  }
}, 300_000);
