import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun, GroupRunSpec } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { kubectl } from '../support/kubectl.ts';

const LIMITS = { activeDeadlineSeconds: 60, pendingDeadlineSeconds: 60, backoffLimit: 0 };

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  // A write times out after a third of the lease, and such a large one takes long.
  await Promise.all([product.startApi(), product.startController({ LEASE_SECONDS: '30' })]);
});
afterAll(() => product.uninstall());

/** A spec that takes about this many bytes. */
function specOf(jobs: number, bytes: number): GroupRunSpec {
  const args = ['x'.repeat(Math.floor(bytes / jobs) - 200)];
  const definition = (_: unknown, index: number) => ({
    name: `${index}`.padStart(63, 'x'),
    container: { image: 'none', args },
    ...LIMITS,
  });
  return { group: 'large', jobs: Array.from({ length: jobs }, definition) };
}

/** Creates a run with kubectl, and returns it once it is over. */
async function finished(spec: GroupRunSpec): Promise<GroupRun> {
  const name = `large-${spec.jobs.length}`;
  const body = {
    apiVersion: 'async-api.dev/v1alpha1',
    kind: 'GroupRun',
    metadata: { name, namespace: product.namespace },
    spec,
  };
  await kubectl(['create', '-f', '-'], { input: JSON.stringify(body) });
  return eventually(
    'the end of the run',
    async () => {
      const run = await product.admin.request<GroupRun>('GET', product.runsPath(name));
      return run.status?.state === 'FAILURE' ? run : undefined;
    },
    120_000,
  );
}

const jobView = async (run: GroupRun, index: number) => {
  const id = jobId(runIdOf(run.metadata), index);
  return eventually('the end of the job', async () => {
    const status = (await (await fetch(`${product.url}/status/${id}`)).json()) as { state: string };
    return status.state === 'PENDING' ? undefined : status;
  });
};

test.each([
  ['700 kB, whose status still fits,', 300, 700_000, 300],
  ['1.45 MB, whose status does not fit with its jobs,', 1000, 1_450_000, undefined],
])(
  'a run of %s fails with what was expected, each job of it, without any Job',
  async (_what, jobs, bytes, entries) => {
    const run = await finished(specOf(jobs, bytes));
    const { conditions, counts, jobs: stored, succeeded } = run.status!;
    expect(conditions).toMatchObject([
      {
        type: 'Succeeded',
        status: 'False',
        reason: 'SpecTooLarge',
        message: expect.stringMatching(/^Expected a spec of at most 600000 bytes, .* got \d{6,7}\./),
      },
    ]);
    expect([succeeded, counts?.failure, stored?.length]).toEqual([`0/${jobs}`, jobs, entries]);
    for (const index of [1, jobs]) {
      expect(await jobView(run, index)).toEqual({
        state: 'FAILURE',
        task_id: jobId(runIdOf(run.metadata), index),
        reason: 'SpecTooLarge',
      });
    }
    const { items } = await product.admin.request<{ items: object[] }>('GET', product.jobsPath());
    expect(items).toEqual([]);
  },
  300_000,
);

test('a run whose parameters are too large for its number of jobs fails at once, without any Job', async () => {
  const parameters = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`P${i}`, 'x'.repeat(4096)]));
  const run = await finished({ ...specOf(8, 10_000), parameters });
  const message = /^Expected at most 1048576 bytes of parameters times jobs, got 2101688 \(262711 bytes × 8 jobs\)\./;
  expect(run.status!.conditions).toMatchObject([{ reason: 'SpecTooLarge', message: expect.stringMatching(message) }]);
  expect(await jobView(run, 8)).toMatchObject({ state: 'FAILURE', reason: 'SpecTooLarge' });
  const { items } = await product.admin.request<{ items: object[] }>('GET', product.jobsPath());
  expect(items).toEqual([]);
});

test('a run of invalid definitions fails at once with what is wrong in each, without any Job', async () => {
  const container = { image: 'none', env: [{ name: 'A', value: 'b', valueFrom: {} }] };
  const run = await finished({
    group: 'invalid',
    jobs: [
      { name: 'a', sleep: { seconds: -1 }, ...LIMITS },
      { name: 'b', container, ...LIMITS },
      { name: 'b', sleep: { seconds: 1 }, ...LIMITS },
      { name: 'c', sleep: { seconds: 1 }, ...LIMITS, serviceAccountName: 'default' },
    ],
  } as GroupRunSpec);
  const [condition] = run.status!.conditions!;
  expect(condition).toMatchObject({ type: 'Succeeded', status: 'False', reason: 'InvalidDefinition' });
  for (const where of [
    'spec.jobs[0].sleep.seconds',
    'spec.jobs[1].container.env.0',
    'spec.jobs[2].name',
    '"serviceAcc',
  ]) {
    expect(condition?.message).toContain(where);
  }
  expect(await jobView(run, 4)).toMatchObject({ state: 'FAILURE', reason: 'InvalidDefinition' });
  const { items } = await product.admin.request<{ items: object[] }>('GET', product.jobsPath());
  expect(items).toEqual([]);
});
