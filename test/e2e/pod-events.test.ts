import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { changePods } from '../support/policy.ts';
import { finalStatus, idOf, statusOf, trigger } from '../support/rest.ts';

const JOB = { sleep: { seconds: 0 } };
const PATIENCE_MS = 180_000;

let product: Product;
const undo: (() => Promise<void>)[] = [];
beforeAll(async () => {
  product = await Product.install();
  const groups = {
    unmounted: { jobs: { one: { ...JOB, pendingDeadlineSeconds: 20 } } },
    late: { jobs: { one: { ...JOB, pendingDeadlineSeconds: 600, activeDeadlineSeconds: 1200 } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(async () => {
  for (const one of undo) await one();
  await product.uninstall();
});

/** Gives each pod of this group a volume of a ConfigMap that does not exist: a GroupRun cannot describe one. */
async function mountMissing(group: string): Promise<void> {
  const volume = `Object.spec.volumes{name: "missing", configMap: Object.spec.volumes.configMap{name: "missing-${group}"}}`;
  const mount = 'Object.spec.containers.volumeMounts{name: "missing", mountPath: "/missing"}';
  const expression = `Object{spec: Object.spec{
    volumes: [${volume}],
    containers: [Object.spec.containers{name: "job", volumeMounts: [${mount}]}]
  }}`;
  const mutation = { patchType: 'ApplyConfiguration', applyConfiguration: { expression } };
  const isMounted = ({ spec }: { spec: { volumes?: { name: string }[] } }) =>
    spec.volumes?.some(({ name }) => name === 'missing') === true;
  undo.push(await changePods(product, group, mutation, isMounted));
}

const reasonOf = (path: string) =>
  eventually(
    'a reason',
    async () => {
      const status = await statusOf(product, path);
      return status.reason ? status : undefined;
    },
    PATIENCE_MS,
  );

test('a job whose volume cannot be mounted is PENDING with FailedMount, and fails with it after its pending deadline', async () => {
  await mountMissing('unmounted');
  const [path] = await trigger(product, 'unmounted');
  // On a busy node the kubelet first says that it has not read the ConfigMap yet.
  expect(await reasonOf(path!)).toMatchObject({ state: 'PENDING', reason: 'FailedMount' });
  const message = expect.stringMatching(/"missing-unmounted" not found/);
  const status = await finalStatus(product, path!, PATIENCE_MS);
  expect(status).toMatchObject({ state: 'FAILURE', reason: 'FailedMount', message });
  expect(status.message).toMatch(/pendingDeadlineSeconds \(20 s\)/);
}, 600_000);

test('a job whose volume can be mounted later succeeds', async () => {
  await mountMissing('late');
  const [path] = await trigger(product, 'late');
  expect(await reasonOf(path!)).toMatchObject({ state: 'PENDING', reason: 'FailedMount' });
  await product.admin.request('POST', `/api/v1/namespaces/${product.namespace}/configmaps`, {
    body: { metadata: { name: 'missing-late' } },
  });
  expect(await finalStatus(product, path!, 300_000)).toEqual({
    state: 'SUCCESS',
    task_id: idOf(path!),
  });
}, 600_000);
