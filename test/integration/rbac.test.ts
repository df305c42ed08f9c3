import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import { jobId } from '../../contract/ids.ts';
import { buildJob } from '../../controller/decide/job.ts';
import type { Job } from '../../controller/decide/types.ts';
import { JobWriter } from '../../controller/job-writer.ts';
import type { Observer } from '../../controller/observe.ts';
import type { KubeClient } from '../../kube/client.ts';
import { definition, run } from '../support/builders.ts';
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

describe("the controller's account", () => {
  /** Stores a Job that never starts. */
  const store = (job: object) => product.admin.request('POST', product.jobsPath(), { body: job });
  /** Stores two Jobs of a new run, and returns it. */
  async function storeJobs(): Promise<GroupRun> {
    const two = run([definition({ name: 'a' }), definition({ name: 'b' })]);
    // The garbage collector deletes a Job whose owner does not exist.
    const { metadata } = await product.createRun(two.spec);
    const one = { ...two, metadata };
    for (const index of [1, 2]) {
      const job = buildJob(one, index, 'none');
      await store({ ...job, spec: { ...job.spec, suspend: true } });
    }
    return one;
  }
  const names = async () => {
    const { items } = await product.admin.request<{ items: Job[] }>('GET', product.jobsPath());
    return items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
  };
  const jobsOf = ({ metadata }: GroupRun) => [1, 2].map((index) => jobId(metadata.name, index));
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'one', image: 'none' }] } };
  const stranger = (name: string, labels = {}) => ({ metadata: { name, labels }, spec: { suspend: true, template } });

  test('can delete all Jobs of a run in one call, and those of other runs stay', async () => {
    const [one, other] = [await storeJobs(), await storeJobs()];
    const observer = { hasForeignJobs: () => false } as unknown as Observer;
    const urls = { path: product.jobsPath(), podsPath: product.podsPath() };
    const writer = new JobWriter({ client: controller, observer, ...urls, jobImage: 'none', writeOptions: () => ({}) });
    await writer.removeAll(one, []);
    expect((await names()).toSorted()).toEqual(jobsOf(other).toSorted());
    await product.admin.request('DELETE', product.runsPath(other.metadata.name));
  });

  test("cannot delete a stranger's Job, neither by its name nor among others, whatever its labels", async () => {
    const { metadata } = await storeJobs();
    const labels = { 'app.kubernetes.io/managed-by': 'async-api', 'async-api.dev/run': metadata.name };
    await store(stranger('unlabelled'));
    await store(stranger('labelled', labels));
    const remove = (name: string, query = {}) =>
      controller.request('DELETE', product.jobsPath(name), { query: { dryRun: 'All', ...query } });
    await denialOf(() => remove('unlabelled'), /expected a Job of a run/);
    await denialOf(() => remove('labelled'), /expected a Job of a run/);
    for (const query of [{}, { labelSelector: `async-api.dev/run=${metadata.name}` }]) {
      const all = controller.request('DELETE', product.jobsPath(), { query });
      await expect(all).rejects.toMatchObject({ ...forbidden, message: expect.stringMatching(/a Job of a run/) });
    }
    expect(await names()).toEqual(expect.arrayContaining(['labelled', 'unlabelled']));
  }, 240_000);
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
