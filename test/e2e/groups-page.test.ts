import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseCatalog } from '../../api/catalog/catalog.ts';
import { ALL_BOUNDS } from '../support/all-bounds.ts';
import { blocksOf } from '../support/doc-blocks.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { createObjects, realPod, startWithin } from '../support/real-pods.ts';
import { finalStatus, trigger } from '../support/rest.ts';

/** The example of all fields, in an image that the cluster has. */
const EXAMPLE = blocksOf('docs/groups.md')
  .find(({ info, text }) => info[0] === 'yaml' && text.includes('\n  sales:\n'))!
  .text.replaceAll('registry.example/sales:1.4', process.env.TEST_JOB_IMAGE ?? '');
const [EXTRACT, LOAD] = parseCatalog(EXAMPLE, ALL_BOUNDS).get('sales')!.jobs;
const BOUNDS = {
  secrets: 'db registry',
  configMaps: 'settings more',
  persistentVolumeClaims: 'input',
  serviceAccounts: 'loader',
  priorityClasses: 'batch',
  runtimeClasses: 'sandboxed',
  tolerations: 'example.com/batch',
  extendedResources: 'example.com/gpu',
};

let product: Product;
let undo: (() => Promise<void>)[] = [];
beforeAll(async () => {
  product = await Product.install();
  const { items } = await product.admin.request<{ items: { metadata: { name: string; labels: object } }[] }>(
    'GET',
    '/api/v1/nodes',
  );
  const node = `/api/v1/nodes/${items.find(({ metadata }) => 'kubernetes.io/os' in metadata.labels)!.metadata.name}`;
  const offer = async (label: unknown, gpus: unknown, storage: unknown) => {
    await mergePatch(product.admin, node, { metadata: { labels: { disk: label } } });
    const amounts = { 'example.com/gpu': gpus, 'ephemeral-storage': storage };
    await mergePatch(product.admin, `${node}/status`, { status: { capacity: amounts, allocatable: amounts } });
  };
  await offer('ssd', '1', '10Gi');
  const size = { storage: '1Mi' };
  const common = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
  const volume = `${product.namespace}-input`;
  const hostPath = { path: join(product.folder, 'input'), type: 'DirectoryOrCreate' };
  const deleteObjects = await createObjects(product, [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, stringData: { password: 's3cret' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { region: 'eu' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'loader' } },
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'batch' }, value: 7 },
    { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'sandboxed' }, handler: 'runc' },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume },
      spec: { ...common, capacity: size, hostPath },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'input' },
      spec: { ...common, resources: { requests: size }, volumeName: volume },
    },
  ]);
  undo = [deleteObjects, () => offer(null, null, null)];
  await startWithin(product, BOUNDS, EXAMPLE);
}, 120_000);
afterAll(async () => {
  for (const one of undo) await one();
  await product.uninstall();
});

test('the example of all fields in docs/groups.md runs, and its pods have what it says', async () => {
  const [extract, load] = await trigger(product, 'sales');
  expect(await finalStatus(product, extract!, 90_000)).toMatchObject({ state: 'SUCCESS', result: 'eu' });
  expect(await finalStatus(product, load!, 90_000)).toMatchObject({ state: 'SUCCESS', result: 'loaded' });
  const { spec } = await realPod(product, extract!);
  const { env, resources, ...container } = EXTRACT!.container!;
  expect(spec).toMatchObject({ volumes: EXTRACT!.volumes, containers: [container] });
  const isOwn = ({ name }: { name: string }) => env!.some((one) => one.name === name);
  expect(spec.containers[0].env.filter(isOwn)).toMatchObject(env!);
  // The API server writes numbers as texts.
  expect(spec.containers[0].resources.limits).toEqual({ ...resources!.limits, 'example.com/gpu': '1' });
  // It adds tolerations of its own to every pod.
  const { tolerations, ...pod } = LOAD!.pod!;
  const placed = (await realPod(product, load!)).spec;
  expect(placed).toMatchObject(pod);
  expect(placed.tolerations).toEqual(expect.arrayContaining(tolerations!));
});
