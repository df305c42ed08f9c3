import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import type { Job } from '../../controller/decide/types.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await product.startController();
});
afterAll(() => product.uninstall());

test('at most as many Jobs of a run are active as its parallelism says, also after a kill of the controller', async () => {
  const definition = { sleep: { seconds: 1 }, activeDeadlineSeconds: 60, pendingDeadlineSeconds: 60, backoffLimit: 0 };
  const jobs = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, ...definition }));
  const { metadata } = await product.createRun({ group: 'g', parallelism: 2, jobs });
  let most = 0;
  let killed = false;
  const run = await eventually(
    'the end of the run',
    async () => {
      const { items } = await product.admin.request<{ items: Job[] }>('GET', product.jobsPath());
      most = Math.max(most, items.filter(({ status }) => (status?.active ?? 0) > 0).length);
      if (items.length >= 3 && !killed) {
        killed = true;
        await product.controller!.kill();
        await product.startController();
      }
      const found = await product.admin.request<GroupRun>('GET', product.runsPath(metadata.name));
      return found.status?.state === 'SUCCESS' ? found : undefined;
    },
    50_000,
  );
  expect(run.status?.succeeded).toBe('5/5');
  expect({ most, killed }).toEqual({ most: 2, killed: true });
});
