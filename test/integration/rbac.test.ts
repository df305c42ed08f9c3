import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildJob } from '../../controller/decide/job.ts';
import type { KubeClient } from '../../kube/client.ts';
import { run } from '../support/builders.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { denialOf } from '../support/policy.ts';
import { finalStatus, statusWithReason, trigger } from '../support/rest.ts';

let product: Product;
let api: KubeClient;
let controller: KubeClient;
beforeAll(async () => {
  product = await Product.install();
  api = await product.as('async-api');
  controller = await product.as('async-api-controller');
});
afterAll(async () => {
  await api.close();
  await controller.close();
  await product.uninstall();
});

const forbidden = { code: 403, reason: 'Forbidden' };
const anyRun = { apiVersion: 'async-api.dev/v1alpha1', kind: 'GroupRun', metadata: { name: 'x' }, spec: {} };
const anyJob = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' }, spec: {} };

test("the API's account can list and create runs", async () => {
  await api.request('GET', product.runsPath());
  // 422 is from the schema: the request was authorized.
  await expect(api.request('POST', product.runsPath(), { body: anyRun })).rejects.toMatchObject({ code: 422 });
});

test("the API's account can neither read nor create Jobs, nor delete pods, nor read secrets", async () => {
  await expect(api.request('GET', product.jobsPath())).rejects.toMatchObject(forbidden);
  await expect(api.request('POST', product.jobsPath(), { body: anyJob })).rejects.toMatchObject(forbidden);
  await expect(api.request('DELETE', `${product.podsPath()}/x`)).rejects.toMatchObject(forbidden);
  await expect(api.request('GET', `/api/v1/namespaces/${product.namespace}/secrets`)).rejects.toMatchObject(forbidden);
});

test("the API's account cannot write a status", async () => {
  const patched = mergePatch(api, `${product.runsPath('x')}/status`, { status: { state: 'SUCCESS' } });
  await expect(patched).rejects.toMatchObject(forbidden);
});

test("the controller's account can create and delete Jobs, and can delete runs but neither create nor change them", async () => {
  await expect(controller.request('POST', product.jobsPath(), { body: anyJob })).rejects.toMatchObject({ code: 422 });
  for (const path of [product.jobsPath('x'), product.runsPath('x')]) {
    await expect(controller.request('DELETE', path)).rejects.toMatchObject({ code: 404 });
  }
  await expect(controller.request('POST', product.runsPath(), { body: anyRun })).rejects.toMatchObject(forbidden);
  const patched = mergePatch(controller, product.runsPath('x'), { spec: { cancel: true } });
  await expect(patched).rejects.toMatchObject(forbidden);
});

test("the controller's account can delete the pods of jobs and no others", async () => {
  const { spec, metadata } = buildJob(run(), 1, 'none').spec.template;
  // No node has it: the pods stay Pending.
  const pending = { ...spec, nodeSelector: { none: 'none' } };
  for (const [name, labels] of [
    ['of-a-job', metadata.labels],
    ['other', {}],
  ] as const) {
    await product.admin.request('POST', product.podsPath(), { body: { metadata: { name, labels }, spec: pending } });
  }
  const remove = (name: string) =>
    controller.request('DELETE', `${product.podsPath()}/${name}`, { query: { dryRun: 'All' } });
  await denialOf(() => remove('other'), /expected the pod of a job/);
  await remove('of-a-job');
}, 240_000);

test("the controller's account can write its own lease and no other", async () => {
  const put = { body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'other' } } };
  await expect(controller.request('PUT', `${product.leasesPath()}/other`, put)).rejects.toMatchObject(forbidden);
  const create = () => controller.request('POST', product.leasesPath(), { ...put, query: { dryRun: 'All' } });
  await denialOf(create, /expected the name async-api-controller/);
  await expect(controller.request('GET', `${product.leasesPath()}/async-api-controller`)).rejects.toMatchObject({
    code: 404,
  });
}, 240_000);

test("neither account can see another namespace's runs", async () => {
  const path = '/apis/async-api.dev/v1alpha1/namespaces/default/groupruns';
  await expect(api.request('GET', path)).rejects.toMatchObject(forbidden);
  await expect(controller.request('GET', path)).rejects.toMatchObject(forbidden);
});

test('a job whose Job cannot be created for a while is not lost', async () => {
  const role = `/apis/rbac.authorization.k8s.io/v1/namespaces/${product.namespace}/roles/async-api-controller`;
  type Role = { rules: { resources: string[]; verbs: string[] }[] };
  const { rules } = await product.admin.request<Role>('GET', role);
  const setRules = (to: Role['rules']) => mergePatch(product.admin, role, { rules: to });
  await setRules(
    rules.map((one) => (one.resources.includes('jobs') ? { ...one, verbs: ['get', 'list', 'watch'] } : one)),
  );
  await Promise.all([product.startApi(), product.startController()]);
  const [path] = await trigger(product, 'group_a');
  const refused = await statusWithReason(product, path!);
  expect(refused).toMatchObject({ state: 'PENDING', reason: 'FailedCreate' });
  expect(refused.message).toMatch(/cannot create resource "jobs"/);
  await setRules(rules);
  expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
});
