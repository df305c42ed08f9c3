import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { createObjects, printed, printing, realPod, startWithin } from '../support/real-pods.ts';
import { statusWithReason, trigger } from '../support/rest.ts';

const TAINT = 'example.com/batch';
const LABEL = 'example.com/disk';
const tolerations = [{ key: TAINT, operator: 'Equal', value: 'yes', effect: 'NoSchedule' }];
const job = (pod: object) => ({ jobs: { one: { container: printing('1'), pod, pendingDeadlineSeconds: 240 } } });
const needing = (limits: object) => ({
  jobs: { one: { container: { ...printing('1'), resources: { limits } }, pendingDeadlineSeconds: 240 } },
});
const affinity = (operator: 'In' | 'NotIn', node: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator, values: [node] }] }],
    },
  },
});

/** A node that nobody runs, with a taint that keeps the pods of other suites away. */
let node: string;
let product: Product;
let deleteNode: (() => Promise<void>) | undefined;
beforeAll(async () => {
  product = await Product.install();
  node = `fake-${product.namespace}`;
  deleteNode = await createObjects(product, [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node, labels: { [LABEL]: node } },
      spec: { taints: [{ key: TAINT, value: 'yes', effect: 'NoSchedule' }] },
    },
  ]);
  const groups = {
    selected: job({ nodeSelector: { [LABEL]: node }, tolerations }),
    attracted: job({ affinity: affinity('In', node), tolerations: [{ key: TAINT, operator: 'Exists' }] }),
    intolerant: job({ nodeSelector: { [LABEL]: node } }),
    disk: needing({ 'ephemeral-storage': '1Pi' }),
    gpu: needing({ 'example.com/none': 1 }),
    elsewhere: job({ tolerations, affinity: affinity('NotIn', node) }),
  };
  await startWithin(product, { tolerations: TAINT, extendedResources: 'example.com/none' }, JSON.stringify({ groups }));
  // Late: without a heartbeat it is ready for less than a minute.
  const now = new Date().toISOString();
  await mergePatch(product.admin, `/api/v1/nodes/${node}/status`, {
    status: {
      capacity: { cpu: '4', memory: '4Gi', pods: '10' },
      allocatable: { cpu: '4', memory: '4Gi', pods: '10' },
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now }],
    },
  });
  await eventually('the node without other taints', async () => {
    const { spec } = await product.admin.request<{ spec: { taints: object[] } }>('GET', `/api/v1/nodes/${node}`);
    return spec.taints.length === 1 || undefined;
  });
}, 120_000);
afterAll(async () => {
  // Nobody confirms the end of a pod on this node.
  const query = { fieldSelector: `spec.nodeName=${node}` };
  await product.admin.request('DELETE', product.podsPath(), { query, body: { gracePeriodSeconds: 0 } });
  await deleteNode?.();
  await product.uninstall();
});

test.each(['selected', 'attracted'])(
  'a pod that tolerates the taint of a node is scheduled onto it (%s)',
  async (group) => {
    const [path] = await trigger(product, group);
    expect((await realPod(product, path!, (pod) => pod.spec.nodeName)).spec.nodeName).toBe(node);
  },
);

test('a pod that does not tolerate the taint is PENDING, and its message names the taint', async () => {
  const [path] = await trigger(product, 'intolerant');
  expect(await statusWithReason(product, path!)).toMatchObject({
    state: 'PENDING',
    reason: 'Unschedulable',
    message: expect.stringContaining('untolerated taint'),
  });
});

test('a pod with an affinity to other nodes runs on another', async () => {
  const [path] = await trigger(product, 'elsewhere');
  expect(await printed(product, path!)).toBe(1);
});

test.each([
  ['disk', 'Insufficient ephemeral-storage'],
  ['gpu', 'Insufficient example.com/none'],
])('a job that needs more %s than any node has is PENDING, and its message says of what', async (group, message) => {
  const [path] = await trigger(product, group);
  expect(await statusWithReason(product, path!)).toMatchObject({
    state: 'PENDING',
    reason: 'Unschedulable',
    message: expect.stringContaining(message),
  });
  await fetch(`${product.url}${path}/cancel`, { method: 'POST' });
});
