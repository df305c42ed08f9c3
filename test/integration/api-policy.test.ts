import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GroupRun, MAX_JOBS, MAX_SPEC_BYTES } from '../../contract/group-run.ts';
import { newRunId } from '../../contract/ids.ts';
import { storedBytes } from '../../contract/stored-size.ts';
import type { KubeClient } from '../../kube/client.ts';
import { definition, run } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { denialOf } from '../support/policy.ts';

let product: Product;
let api: KubeClient;
let stored: GroupRun;
/** Admitted and validated, but not stored. */
const DRY = { dryRun: 'All' };
/** Its owner does not exist, so the garbage collector would delete what it owns. */
const DEAD_OWNER = { apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: '00000000-0000-4000-8000-000000000000' };
const LABELS = { 'app.kubernetes.io/managed-by': 'async-api', 'async-api.dev/group': 'group_a' };
const ANNOTATIONS = {
  'async-api.dev/request': 'x',
  'async-api.dev/caller': 'alice',
  'async-api.dev/accepted-at': '2026-11-25T00:00:00.000Z',
};

const bodyOf = (metadata: object, spec: object = {}) => ({
  apiVersion: 'async-api.dev/v1alpha1',
  kind: 'GroupRun',
  metadata: { name: newRunId(), labels: LABELS, annotations: ANNOTATIONS, ...metadata },
  spec: { ...run().spec, ...spec },
});
const create = (metadata: object, client = api, query: object = DRY) =>
  client.request<GroupRun>('POST', product.runsPath(), { body: bodyOf(metadata), query: { ...query } });
const patch = (body: object, client = api, query: object = DRY) =>
  client.request<GroupRun>('PATCH', product.runsPath(stored.metadata.name), {
    body,
    contentType: 'application/merge-patch+json',
    query: { ...query },
  });
const denied = (message: string | RegExp) => ({
  code: 403,
  message: expect.stringMatching(message),
});

beforeAll(async () => {
  product = await Product.install();
  api = await product.as('async-api');
  await denialOf(() => create({ finalizers: ['async-api.dev/test'] }), /ValidatingAdmissionPolicy/);
  stored = await create({}, api, {});
  // Metadata that others may set, to be changed and removed.
  const others = { labels: { team: 'a' }, annotations: { note: 'a' }, finalizers: ['async-api.dev/test'] };
  stored = await mergePatch(product.admin, product.runsPath(stored.metadata.name), { metadata: others });
}, 240_000);
afterAll(async () => {
  await patch({ metadata: { finalizers: null } }, product.admin, {});
  await api.close();
  await product.uninstall();
});

test("the API's account may create what the API writes", async () => {
  expect((await create({})).metadata).toMatchObject({ labels: LABELS, annotations: ANNOTATIONS });
  await create({ labels: undefined, annotations: undefined });
  const { metadata } = await create({ annotations: { 'async-api.dev/later': 'x' } });
  expect(metadata.annotations).toEqual({ 'async-api.dev/later': 'x' });
});

test.each<[string, object, RegExp]>([
  ['a name that is no run id', { name: 'mine' }, /as name a run id/],
  ["the name of a run's job", { name: run().metadata.name.replace(/0000$/, '0001') }, /as name a run id/],
  ['a name that the API server makes', { name: undefined, generateName: 'mine-' }, /as name a run id/],
  ['a run id and a prefix of a name', { generateName: 'mine-' }, /only other metadata/],
  ['an owner', { ownerReferences: [DEAD_OWNER] }, /only other metadata/],
  ['a finalizer', { finalizers: ['async-api.dev/test'] }, /only other metadata/],
  ['a label of its own', { labels: { ...LABELS, team: 'a' } }, /only the labels/],
  ['the label of another group', { labels: { ...LABELS, 'async-api.dev/group': 'group_b' } }, /only the labels/],
  ['the label of another manager', { labels: { 'app.kubernetes.io/managed-by': 'x' } }, /only the labels/],
  [
    'an annotation of others',
    { annotations: { ...ANNOTATIONS, 'kubectl.kubernetes.io/x': 'a' } },
    /annotations with the prefix/,
  ],
])("the API's account may not create a run with %s", async (_what, metadata, message) => {
  await expect(create(metadata)).rejects.toMatchObject(denied(message));
});

test.each<[string, object]>([
  ['ownerReferences', [DEAD_OWNER]],
  ['finalizers', ['async-api.dev/test', 'async-api.dev/another']],
  ['finalizers', []],
  ['labels', { team: 'b' }],
  ['labels', { team: null }],
  ['labels', { 'async-api.dev/group': 'group_b' }],
  ['annotations', { 'async-api.dev/caller': 'bob' }],
  ['annotations', { 'async-api.dev/request': null }],
  ['annotations', { note: 'b' }],
])("the API's account may not change a run's %s: %j", async (field, value) => {
  const message = new RegExp(`no change of the metadata, got another ${field}$`);
  await expect(patch({ metadata: { [field]: value } })).rejects.toMatchObject(denied(message));
  // Only the policy denies it.
  if (!('async-api.dev/caller' in value)) await patch({ metadata: { [field]: value } }, product.admin);
});

test("the API's account may not change a run's generateName", async () => {
  const message = /got another generateName$/;
  await expect(patch({ metadata: { generateName: 'x' } })).rejects.toMatchObject(denied(message));
});

test("the API's account may not remove all labels, annotations or finalizers of a run", async () => {
  const all = { labels: null, annotations: null, finalizers: null };
  const message = /got another (\w+, ){2}\w+$/;
  await expect(patch({ metadata: all })).rejects.toMatchObject(denied(message));
});

test.each<[string, unknown]>([
  ['name', 'another'],
  ['namespace', 'default'],
  ['uid', DEAD_OWNER.uid],
  ['creationTimestamp', '2020-01-01T00:00:00Z'],
  ['deletionTimestamp', '2020-01-01T00:00:00Z'],
  ['deletionGracePeriodSeconds', 1],
  ['selfLink', '/x'],
])("the API's account cannot change a run's %s", async (field, value) => {
  const unchanged = (one: GroupRun) => (one.metadata as unknown as Record<string, unknown>)[field];
  const after = await patch({ metadata: { [field]: value } }).catch((error) => error.code as number);
  // The API server refuses or ignores it.
  if (typeof after === 'number') expect([400, 403, 409, 422]).toContain(after);
  else expect(unchanged(after)).toEqual(unchanged(stored));
});

test.each<[string, object]>([
  ['group', { group: 'other' }],
  ['jobs', { jobs: [{ ...run().spec.jobs[0], backoffLimit: 3 }] }],
  ['parameters', { parameters: { A: 'b' } }],
  ['parallelism', { parallelism: 2 }],
  ['rerunOf', { rerunOf: 'x' }],
])("the API's account may not change the field %s of a run's spec", async (field, spec) => {
  const message = new RegExp(`spec but cancel and cancelJobs, got another ${field}|immutable`);
  await expect(patch({ spec })).rejects.toMatchObject({ message: expect.stringMatching(message) });
});

test("the API's account may cancel a run and its jobs, whatever metadata others have given it", async () => {
  const { spec, metadata } = await patch({ spec: { cancelJobs: { job_a1: true } } }, api, {});
  expect(spec.cancelJobs).toEqual({ job_a1: true });
  expect((await patch({ spec: { cancel: true } }, api, {})).spec.cancel).toBe(true);
  expect(metadata).toMatchObject({ labels: { team: 'a' }, annotations: { note: 'a' } });
});

test("the API's account may cancel a run of the largest spec", async () => {
  const jobs = Array.from({ length: MAX_JOBS }, (_, index) => ({
    ...definition({ name: `job_${index}` }),
    sleep: undefined,
    container: { image: 'i', args: ['x'.repeat(460)] },
  }));
  const spec = { group: 'group_a', jobs };
  expect(storedBytes(spec)).toBeGreaterThan(0.9 * MAX_SPEC_BYTES);
  const { metadata } = await product.createRun(spec);
  const path = product.runsPath(metadata.name);
  const cancelled = await mergePatch<GroupRun>(api, path, { spec: { cancel: true, cancelJobs: { job_7: true } } });
  expect(cancelled.spec).toMatchObject({ cancel: true, cancelJobs: { job_7: true } });
});

test("the API's account may cancel a run that is being deleted", async () => {
  const created = await create({}, api, {});
  const path = product.runsPath(created.metadata.name);
  await mergePatch(product.admin, path, { metadata: { finalizers: ['async-api.dev/test'] } });
  await product.admin.request('DELETE', path);
  const { metadata, spec } = await mergePatch<GroupRun>(api, path, { spec: { cancel: true } });
  expect([typeof metadata.deletionTimestamp, spec.cancel]).toEqual(['string', true]);
  await mergePatch(product.admin, path, { metadata: { finalizers: null } });
});

test("the API's account cannot write a status, neither with a run nor at its own path", async () => {
  const path = product.runsPath(stored.metadata.name);
  const body = { status: { state: 'SUCCESS' } };
  await expect(mergePatch(api, `${path}/status`, body)).rejects.toMatchObject({ code: 403 });
  expect((await patch(body)).status).toBeUndefined();
});

test.each(['async-api-runs', 'async-api-run-updates'])('the API server finds no type errors in %s', async (name) => {
  const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`;
  const checked = await eventually('the type check', async () => {
    const { status } = await product.admin.request<{ status?: { typeChecking?: object } }>('GET', path);
    return status?.typeChecking;
  });
  expect(checked).toEqual({});
});
