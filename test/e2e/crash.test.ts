import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Job, Pod } from '../../controller/decide/types.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, idOf, runOf, trigger } from '../support/rest.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await Promise.all([product.startApi(), product.startController()]);
});
afterAll(() => product.uninstall());

/** How many Jobs and pods of a run are stored. */
async function made(path: string): Promise<{ jobs: number; pods: number }> {
  const query = { labelSelector: `async-api.dev/run=${runOf(path)}` };
  const jobs = await product.admin.request<{ items: Job[] }>('GET', product.jobsPath(), { query });
  const pods = await product.admin.request<{ items: Pod[] }>('GET', product.podsPath(), { query });
  return { jobs: jobs.items.length, pods: pods.items.length };
}

test.each([0, 100, 150, 200, 300, 1500])(
  'every job runs once if the controller is killed %i ms after the trigger and restarted',
  async (delay) => {
    const paths = await trigger(product, 'group_a');
    await sleep(delay);
    await product.controller!.kill();
    await product.startController();
    for (const path of paths) {
      expect(await finalStatus(product, path)).toEqual({ state: 'SUCCESS', task_id: idOf(path) });
    }
    expect(await made(paths[0]!)).toEqual({ jobs: 3, pods: 3 });
  },
);

test('an API killed right after a 202 knows the run after its restart', async () => {
  const paths = await trigger(product, 'group_a');
  await product.api!.kill();
  await product.startApi();
  expect((await fetch(product.url + paths[0]!)).status).toBe(200);
  for (const path of paths) expect((await finalStatus(product, path)).state).toBe('SUCCESS');
  expect(await made(paths[0]!)).toEqual({ jobs: 3, pods: 3 });
});
