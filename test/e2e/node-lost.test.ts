import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Cluster, startEmbedded } from '../../dev/cluster/embedded.ts';
import { Progress } from '../../dev/cluster/progress.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, statusOf, trigger } from '../support/rest.ts';

/** The files of a cluster for this test alone, which kills the node. */
const FOLDER = join(import.meta.dirname, '../../.cluster/node-lost');
/** Longer than the node controller needs to mark a silent node as not ready (50 s). */
const DEADLINE_SECONDS = 75;
/** How long our controller waits for the node to come back. */
const GRACE_SECONDS = 30;

let cluster: Cluster;
let product: Product;
beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  cluster = await startEmbedded(FOLDER, new Progress(), (why) => process.stderr.write(`\n${why}\n`));
  product = await Product.install(cluster);
  const lost = { sleep: { seconds: 600 }, activeDeadlineSeconds: DEADLINE_SECONDS };
  const file = await product.writeConfig({ groups: { long: { jobs: { lost } } } });
  await Promise.all([product.startApi(file), product.startController({ JOB_IMAGE: cluster.jobImage })]);
}, 180_000);
afterAll(async () => {
  await product?.uninstall();
  await cluster?.stop();
}, 60_000);

test('a second process cannot start a cluster in the same folder', async () => {
  const script = `
    import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, '../../dev/cluster/embedded.ts'))};
    import { Progress } from ${JSON.stringify(join(import.meta.dirname, '../../dev/cluster/progress.ts'))};
    await startEmbedded(${JSON.stringify(FOLDER)}, new Progress(), () => {});`;
  const second = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  await expect(second).rejects.toThrow(`Process ${process.pid} of this checkout runs a cluster already.`);
});

test('a job on a dead node fails with NodeLost after its deadline and a grace period, also when the node comes back', async () => {
  const begun = performance.now();
  const [path] = await trigger(product, 'long');
  const status = () => statusOf(product, path!);
  await eventually('the job at work', async () => ((await status()).state === 'STARTED' ? true : undefined));
  const nodes = await product.admin.request<{ items: { metadata: { name: string } }[] }>('GET', '/api/v1/nodes');
  const [node] = nodes.items.map(({ metadata }) => metadata.name);
  const kubelet = cluster.components!.find(({ name }) => name === 'kubelet')!;
  await kubelet.stop(0, 'SIGKILL');

  expect(await finalStatus(product, path!, 240_000)).toMatchObject({
    state: 'FAILURE',
    reason: 'NodeLost',
    message: expect.stringContaining(`The node ${node} does not answer`),
  });
  // After the grace period, not at the deadline. Kubernetes' times are in whole seconds.
  expect(performance.now() - begun).toBeGreaterThan((DEADLINE_SECONDS + GRACE_SECONDS - 1) * 1000);

  kubelet.start();
  await eventually(
    'the pod gone',
    async () => {
      const { items } = await product.admin.request<{ items: unknown[] }>('GET', product.podsPath());
      return items.length === 0 ? true : undefined;
    },
    120_000,
  );
  expect(await status()).toMatchObject({ state: 'FAILURE', reason: 'NodeLost' });
}, 420_000);
