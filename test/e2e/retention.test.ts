import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Job } from '../../controller/decide/types.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, runOf, trigger } from '../support/rest.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const groups = {
    two: { jobs: { one: { sleep: { seconds: 0 } }, two: { sleep: { seconds: 0 } } } },
    quick: { jobs: { one: { sleep: { seconds: 0 } } } },
    other: { jobs: { one: { sleep: { seconds: 0 } } } },
    long: { jobs: { one: { sleep: { seconds: 600 } } } },
  };
  await product.startApi(await product.writeConfig({ groups }));
});
afterAll(() => product.uninstall());

const settings = { RETENTION_INTERVAL_SECONDS: '1', RUN_RETENTION_MIN_SECONDS: '0' };
const names = async () => (await product.storedRuns()).map(({ metadata }) => metadata.name);
const finished = async (group: string) => {
  const [path] = await trigger(product, group);
  await finalStatus(product, path!);
  return runOf(path!);
};

test('the Jobs of a run are deleted together some time after its end, also if it ended before a restart, and its result stays', async () => {
  let controller = await product.startController({ ...settings, JOB_TTL_SECONDS: '3600' });
  const paths = await trigger(product, 'two');
  for (const path of paths) await finalStatus(product, path);
  const left = async () => (await product.admin.request<{ items: Job[] }>('GET', product.jobsPath())).items.length;
  expect(await left()).toBe(2);
  await controller.stop();
  controller = await product.startController({ ...settings, JOB_TTL_SECONDS: '1' });
  await eventually('no Job', async () => (await left()) === 0 || undefined);
  for (const path of paths) expect(await (await fetch(product.url + path)).json()).toMatchObject({ state: 'SUCCESS' });
  await controller.stop();
});

test('the latest finished runs of a group stay, and an active run always does', async () => {
  const controller = await product.startController({ ...settings, RUN_RETENTION_COUNT: '2' });
  const [running] = await trigger(product, 'long');
  const other = await finished('other');
  const first = await finished('quick');
  const kept = [await finished('quick'), await finished('quick')];
  await eventually('the first gone', async () => ((await names()).includes(first) ? undefined : true));
  expect(await names()).toEqual(expect.arrayContaining([...kept, other, runOf(running!)]));
  await controller.stop();
});

test('of all groups the latest finished runs stay, up to a number of jobs, of which a small run counts as five', async () => {
  const controller = await product.startController({ ...settings, RUN_RETENTION_JOBS: '10' });
  const first = await finished('other');
  const kept = [await finished('quick'), await finished('other')];
  await eventually('the first gone', async () => ((await names()).includes(first) ? undefined : true));
  expect(await names()).toEqual(expect.arrayContaining(kept));
  await controller.stop();
});

test('runs that ended too long ago are deleted, and their Jobs with them', async () => {
  const controller = await product.startController({ ...settings, RUN_RETENTION_SECONDS: '1' });
  await trigger(product, 'quick');
  await eventually('only the run that goes on', async () => {
    const left = await product.storedRuns();
    return (left.length === 1 && left[0]!.spec.group === 'long') || undefined;
  });
  await eventually('only its Job', async () => {
    const { items } = await product.admin.request<{ items: Job[] }>('GET', product.jobsPath());
    return items.length === 1 || undefined;
  });
  await controller.stop();
});
