import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Product } from '../support/harness.ts';
import { createObjects, mounts, printing, startWithin } from '../support/real-pods.ts';
import { finalStatus, statusWithReason, trigger } from '../support/rest.ts';

const job = (container: object, more: object = {}) => ({
  jobs: { one: { container: { ...printing('1'), ...container }, pendingDeadlineSeconds: 240, ...more } },
});
const withVolume = (source: object) => job({ volumeMounts: mounts('v') }, { volumes: [{ name: 'v', ...source }] });
const withPod = (pod: object) => job({}, { pod });

/** What each group lacks, and how its job tells. */
const GROUPS: Record<string, [group: object, reason: string, message: string]> = {
  'a secret of a variable': [
    job({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'a' } } }] }),
    'CreateContainerConfigError',
    'secret "none" not found',
  ],
  'a key of a ConfigMap': [
    job({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'some', key: 'none' } } }] }),
    'CreateContainerConfigError',
    "couldn't find key none",
  ],
  'a ConfigMap of envFrom': [
    job({ envFrom: [{ configMapRef: { name: 'none' } }] }),
    'CreateContainerConfigError',
    'configmap "none" not found',
  ],
  'a secret of a volume': [withVolume({ secret: { secretName: 'none' } }), 'FailedMount', 'secret "none" not found'],
  'a claim': [
    withVolume({ persistentVolumeClaim: { claimName: 'none' } }),
    'Unschedulable',
    'persistentvolumeclaim "none" not found',
  ],
  'an image that it may not pull': [
    job({ image: 'registry.invalid/async-api/none:1', imagePullPolicy: 'Never' }),
    'ErrImageNeverPull',
    'is not present with pull policy of Never',
  ],
  'a service account': [withPod({ serviceAccountName: 'none' }), 'FailedCreate', 'serviceaccount "none" not found'],
  'a priority class': [withPod({ priorityClassName: 'none' }), 'FailedCreate', 'no PriorityClass with name none'],
  'a runtime class': [withPod({ runtimeClassName: 'none' }), 'FailedCreate', 'RuntimeClass "none" not found'],
};
const BOUNDS = {
  secrets: 'none',
  configMaps: 'some none',
  persistentVolumeClaims: 'none',
  serviceAccounts: 'none',
  priorityClasses: 'none',
  runtimeClasses: 'none',
  schedulers: 'none',
};
const NAMES = Object.keys(GROUPS);

let product: Product;
let deleteObjects: (() => Promise<void>) | undefined;
beforeAll(async () => {
  product = await Product.install();
  deleteObjects = await createObjects(product, [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'some' }, data: { a: 'b' } },
  ]);
  const groups = Object.fromEntries(NAMES.map((name) => [name.replaceAll(' ', '-'), GROUPS[name]![0]]));
  const unscheduled = job({}, { pod: { schedulerName: 'none' }, activeDeadlineSeconds: 1 });
  await startWithin(product, BOUNDS, JSON.stringify({ groups: { ...groups, unscheduled } }));
}, 120_000);
afterAll(async () => {
  await deleteObjects?.();
  await product.uninstall();
});

test.each(NAMES)('a job without %s is PENDING, with the reason and the name', async (name) => {
  const [, reason, message] = GROUPS[name]!;
  const [path] = await trigger(product, name.replaceAll(' ', '-'));
  expect(await statusWithReason(product, path!)).toMatchObject({
    state: 'PENDING',
    reason,
    message: expect.stringContaining(message),
  });
});

test('a job whose scheduler does not exist fails at its deadline', async () => {
  const [path] = await trigger(product, 'unscheduled');
  expect(await finalStatus(product, path!, 90_000)).toMatchObject({ state: 'FAILURE', reason: 'DeadlineExceeded' });
});
