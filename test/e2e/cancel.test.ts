import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import type { Job, Pod } from '../../controller/decide/types.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { finalStatus, idOf, runOf, statusOf, trigger } from '../support/rest.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const groups = {
    long: { jobs: { one: { sleep: { seconds: 600 } }, two: { sleep: { seconds: 600 } } } },
    mixed: { jobs: { short: { sleep: { seconds: 0 } }, long: { sleep: { seconds: 600 } } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(() => product.uninstall());

const cancel = (path: string, spec: object) =>
  mergePatch<GroupRun>(product.admin, product.runsPath(runOf(path)), { spec });
const state = (path: string, wanted: string) =>
  eventually(`${wanted} of ${path}`, async () => {
    const status = await statusOf(product, path);
    return status.state === wanted ? status : undefined;
  });
const left = async (path: string) => {
  const query = { labelSelector: `async-api.dev/run=${runOf(path)}` };
  const jobs = await product.admin.request<{ items: Job[] }>('GET', product.jobsPath(), { query });
  const pods = await product.admin.request<{ items: Pod[] }>('GET', product.podsPath(), { query });
  return { jobs: jobs.items.length, pods: pods.items.length };
};

test('a cancelled run is REVOKED when its pods are gone, and its Jobs stay suspended', async () => {
  const paths = await trigger(product, 'long');
  await state(paths[0]!, 'STARTED');
  await cancel(paths[0]!, { cancel: true });
  for (const path of paths) {
    expect(await finalStatus(product, path)).toMatchObject({ state: 'REVOKED', reason: 'Cancelled' });
  }
  await eventually('no pods', async () => (await left(paths[0]!)).pods === 0 || undefined);
  expect(await left(paths[0]!)).toEqual({ jobs: 2, pods: 0 });
});

test('a run that is cancelled right after its trigger is REVOKED', async () => {
  const paths = await trigger(product, 'long');
  await cancel(paths[0]!, { cancel: true });
  for (const path of paths) expect((await finalStatus(product, path)).state).toBe('REVOKED');
});

test('a cancelled job does not affect the others of its run', async () => {
  const [one, two] = await trigger(product, 'long');
  for (const path of [one!, two!]) await state(path, 'STARTED');
  await cancel(one!, { cancelJobs: { one: true } });
  expect((await finalStatus(product, one!)).state).toBe('REVOKED');
  expect((await statusOf(product, two!)).state).toBe('STARTED');
  const { status } = await product.admin.request<GroupRun>('GET', product.runsPath(runOf(one!)));
  expect(status?.counts).toEqual({ pending: 0, started: 1, retry: 0, success: 0, failure: 0, revoked: 1 });
  await cancel(one!, { cancelJobs: { two: true } });
  expect((await finalStatus(product, two!)).state).toBe('REVOKED');
});

test('a job that succeeded before a cancel stays SUCCESS', async () => {
  const [short, long] = await trigger(product, 'mixed');
  await state(short!, 'SUCCESS');
  await cancel(short!, { cancel: true });
  expect((await finalStatus(product, long!)).state).toBe('REVOKED');
  expect((await state(short!, 'SUCCESS')).task_id).toBe(idOf(short!));
  const run = await product.admin.request<GroupRun>('GET', product.runsPath(runOf(short!)));
  expect(run.status).toMatchObject({ state: 'REVOKED', succeeded: '1/2' });
});
