import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import { run } from '../support/builders.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { denialOf } from '../support/policy.ts';

let product: Product;
let api: KubeClient;
const CALLER = { 'async-api.dev/caller': 'alice' };
const BY_API = { generateName: 'run-', annotations: CALLER };

/** Creates a run as the administrator. */
const create = (spec: object, metadata: object = {}, client = product.admin) =>
  client.request<GroupRun>('POST', product.runsPath(), {
    body: { ...run(), metadata: { generateName: 'run-', ...metadata }, spec: { ...run().spec, ...spec } },
  });

beforeAll(async () => {
  product = await Product.install();
  api = await product.as('async-api');
  await denialOf(() => create({}, { annotations: CALLER }), /ValidatingAdmissionPolicy/);
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
    await expect(create({ parameters: { [name]: 'b' } }, BY_API, api)).rejects.toMatchObject({ code: 422, message });
  },
);

test('a run made with kubectl may have 64 other parameters with long names', async () => {
  const names = Array.from({ length: 64 }, (_, index) => `GI${index}_`.padEnd(63, 'T'));
  const { spec } = await create({ parameters: Object.fromEntries(names.map((name) => [name, 'x'])) });
  expect(Object.keys(spec.parameters!)).toHaveLength(64);
});

test('only the API may say who called it, on creation and later', async () => {
  const refused = { code: 403, message: expect.stringMatching(/async-api.dev\/caller/) };
  await expect(create({}, { annotations: CALLER })).rejects.toMatchObject(refused);
  const byHand = await create({}, { annotations: { note: 'x' } });
  const patch = (name: string, body: object) => mergePatch(product.admin, product.runsPath(name), body);
  await expect(patch(byHand.metadata.name, { metadata: { annotations: CALLER } })).rejects.toMatchObject(refused);
  const { metadata } = await create({}, BY_API, api);
  expect(metadata.annotations).toEqual(CALLER);
  const another = { metadata: { annotations: { 'async-api.dev/caller': 'bob' } } };
  await expect(patch(metadata.name, another)).rejects.toMatchObject(refused);
  await patch(metadata.name, { metadata: { annotations: { note: 'x' } }, spec: { cancel: true } });
});
