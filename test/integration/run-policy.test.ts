import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fingerprint, runIdFromKey } from '../../api/routes/idempotency.ts';
import type { GroupRun } from '../../contract/group-run.ts';
import { newRunId, runIdOf, toRunId } from '../../contract/ids.ts';
import type { KubeClient } from '../../kube/client.ts';
import { run } from '../support/builders.ts';
import { Product } from '../support/harness.ts';
import { kubectl } from '../support/kubectl.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { denialOf } from '../support/policy.ts';

let product: Product;
let api: KubeClient;
const CALLER = { 'async-api.dev/caller': 'alice' };
/** What the API writes. */
const byApi = () => ({ name: newRunId(), annotations: CALLER });

/** Creates a run, by default as the administrator. */
const create = (spec: object, metadata: object = { generateName: 'run-' }, client = product.admin) =>
  client.request<GroupRun>('POST', product.runsPath(), {
    body: { ...run(), metadata, spec: { ...run().spec, ...spec } },
  });

beforeAll(async () => {
  product = await Product.install();
  api = await product.as('async-api');
  const dryRun = (client: KubeClient, metadata: object) => () =>
    client.request('POST', product.runsPath(), { body: { ...run(), metadata }, query: { dryRun: 'All' } });
  // The newest rule of each policy.
  await denialOf(dryRun(product.admin, { name: newRunId() }), /only the API creates/);
  await denialOf(dryRun(api, { generateName: 'run-' }), /as name a run id/);
}, 240_000);
afterAll(async () => {
  await api.close();
  await product.uninstall();
});

test.each(['LD_PRELOAD', 'PATH', 'BASH_ENV', 'GIT_SSH_COMMAND', 'NODE_OPTIONS', '_JAVA_OPTIONS', 'ASYNC_API_JOB_ID'])(
  'a run made with kubectl may not have the parameter %s',
  async (name) => {
    const message = expect.stringMatching(new RegExp(`reserved name, got ${name}$`));
    await expect(create({ parameters: { A: 'a', [name]: 'b' } })).rejects.toMatchObject({ code: 422, message });
    await expect(create({ parameters: { [name]: 'b' } }, byApi(), api)).rejects.toMatchObject({ code: 422, message });
  },
);

test('a run made with kubectl may have 64 other parameters with long names', async () => {
  const names = Array.from({ length: 64 }, (_, index) => `GI${index}_`.padEnd(63, 'T'));
  const { spec } = await create({ parameters: Object.fromEntries(names.map((name) => [name, 'x'])) });
  expect(Object.keys(spec.parameters!)).toHaveLength(64);
});

test.each(['caller', 'allow'])(
  'only the API may set the annotation async-api.dev/%s, on creation and later',
  async (key) => {
    const annotations = { [`async-api.dev/${key}`]: 'alice' };
    const refused = { code: 403, message: expect.stringMatching(/async-api.dev\/caller and async-api.dev\/allow/) };
    await expect(create({}, { generateName: 'run-', annotations })).rejects.toMatchObject(refused);
    const byHand = await create({}, { generateName: 'run-', annotations: { note: 'x' } });
    const patch = (name: string, body: object) => mergePatch(product.admin, product.runsPath(name), body);
    await expect(patch(byHand.metadata.name, { metadata: { annotations } })).rejects.toMatchObject(refused);
    const { metadata } = await create({}, { name: newRunId(), annotations }, api);
    expect(metadata.annotations).toEqual(annotations);
    for (const value of ['bob', null]) {
      const other = { metadata: { annotations: { [`async-api.dev/${key}`]: value } } };
      await expect(patch(metadata.name, other)).rejects.toMatchObject(refused);
    }
    await expect(patch(metadata.name, { metadata: { annotations: null } })).rejects.toMatchObject(refused);
    await patch(metadata.name, { metadata: { annotations: { note: 'x' } }, spec: { cancel: true } });
  },
);

const refusedId = { code: 403, message: expect.stringMatching(/only the API creates names that are run ids/) };

test('an operator may not create a run whose name is a run id, in any form', async () => {
  const name = newRunId();
  await expect(create({}, { name })).rejects.toMatchObject(refusedId);
  await expect(create({}, { name, generateName: 'run-' })).rejects.toMatchObject(refusedId);
  const input = JSON.stringify({ ...run(), metadata: { name, namespace: product.namespace } });
  for (const command of [['create'], ['apply'], ['apply', '--server-side']]) {
    await expect(kubectl([...command, '-f', '-'], { input })).rejects.toThrow(/run ids, UUIDs that end in 0000/);
  }
  await expect(product.admin.request('GET', product.runsPath(name))).rejects.toMatchObject({ code: 404 });
});

test("the controller's account may create no run at all, and the API's only under a run id", async () => {
  const controller = await product.as('async-api-controller');
  await expect(create({}, { name: newRunId() }, controller)).rejects.toMatchObject({ code: 403 });
  await controller.close();
  const name = newRunId();
  expect((await create({}, { name }, api)).metadata.name).toBe(name);
  await expect(create({}, { generateName: 'run-' }, api)).rejects.toMatchObject({ code: 403 });
});

test('another account of the name async-api, or one that the API of another namespace uses, may not either', async () => {
  const name = newRunId();
  const input = JSON.stringify({ ...run(), metadata: { name, namespace: product.namespace } });
  const as = (user: string) => kubectl(['create', '-f', '-', '--as', user, '--as-group', 'system:masters'], { input });
  for (const user of ['async-api', 'system:serviceaccount:default:async-api']) {
    await expect(as(user)).rejects.toThrow(/run ids, UUIDs that end in 0000/);
  }
});

test.each(['0000', `${newRunId()}-a`, newRunId().replace(/0000$/, '0001'), 'sample-78b9d1a2'])(
  'an operator may create a run with another name: %s',
  async (name) => {
    expect((await create({}, { name })).metadata.name).toBe(name);
  },
);

test('the id of a run made with kubectl comes from the UID that the API server chooses', async () => {
  const uid = '78b9d1a2-3c4d-4e5f-8a6b-000000000001';
  const { metadata } = await create({}, { generateName: 'run-', uid });
  expect(metadata.uid).not.toBe(uid);
  // Random (version 4), so no Idempotency-Key (version 8) can lead to it.
  expect(metadata.uid[14]).toBe('4');
  expect(runIdOf(metadata)).toBe(toRunId(metadata.uid));
});

test('nobody can take the id that an Idempotency-Key leads to before its first trigger', async () => {
  await product.startApi();
  const key = 'nightly';
  const name = runIdFromKey('anonymous', key);
  const request = fingerprint('trigger', 'group_a');
  const forged = { name, annotations: { 'async-api.dev/request': request } };
  await expect(create({ group: 'group_a' }, forged)).rejects.toMatchObject(refusedId);
  const headers = { 'Idempotency-Key': key };
  const response = await fetch(`${product.url}/group/group_a`, { method: 'POST', headers });
  expect([response.status, response.headers.get('idempotency-replayed')]).toEqual([202, null]);
  expect(response.headers.get('location')).toBe(`/runs/${name}`);
  const { spec } = await product.admin.request<GroupRun>('GET', product.runsPath(name));
  expect(spec.jobs.map(({ name }) => name)).toEqual(['job_a1', 'job_a2', 'job_a3']);
});
