import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accountKubeconfig } from '../../dev/cluster/install.ts';
import { accountToken, letApiAskWhoCalls, onGroups, onRuns, revokeRole } from '../support/accounts.ts';
import { proxied } from '../support/behind-proxy.ts';
import { run } from '../support/builders.ts';
import { EventReader } from '../support/event-reader.ts';
import { eventually } from '../support/eventually.ts';
import { ADMIN, Product } from '../support/harness.ts';
import { kubectl } from '../support/kubectl.ts';
import { runOf, statusPaths } from '../support/rest.ts';

let product: Product;
let disallow: () => Promise<void>;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  product = await Product.install();
  disallow = await letApiAskWhoCalls(product);
  tokens.all = await accountToken(product, 'all', [onGroups(['create', 'get', 'patch'])]);
  tokens.one = await accountToken(product, 'one', [onGroups(['create', 'get'], 'group_a')]);
  tokens.reader = await accountToken(product, 'reader', [onGroups(['get'])]);
  tokens.operator = await accountToken(product, 'operator', [onRuns(['create', 'get', 'list', 'patch'])]);
  tokens.none = await accountToken(product, 'none', []);
  await product.startApi(undefined, { AUTH: 'kubernetes' });
});
afterAll(async () => {
  await disallow();
  await product.uninstall();
});

const ask = (who: string | undefined, path: string, method = 'GET', url = product.url) =>
  fetch(url + path, { method, ...(who && { headers: { authorization: `Bearer ${tokens[who] ?? who}` } }) });
const statusOf = async (...request: Parameters<typeof ask>) => (await ask(...request)).status;

test('a caller with the right to create groups may trigger, and the run names the caller', async () => {
  const response = await ask('all', '/group/group_a', 'POST');
  expect(response.status).toBe(202);
  const base = response.headers.get('location')!.slice('/runs/'.length);
  const run = await product.admin.request<{ metadata: { annotations: object } }>('GET', product.runsPath(base));
  expect(run.metadata.annotations).toMatchObject({
    'async-api.dev/caller': `system:serviceaccount:${product.namespace}:all`,
  });
});

test('a role for one resource name covers the group of that name only', async () => {
  expect(await statusOf('one', '/group/group_a', 'POST')).toBe(202);
  expect(await statusOf('one', '/group/group_d', 'POST')).toBe(403);
  const { groups } = (await (await ask('one', '/groups')).json()) as { groups: { name: string }[] };
  expect(groups.map((group) => group.name)).toEqual(['group_a']);
});

test('a caller with the right to get groups sees runs, but can neither trigger, cancel nor rerun', async () => {
  const run = (await ask('all', '/group/group_a', 'POST')).headers.get('location')!;
  expect(await statusOf('reader', run)).toBe(200);
  expect(await statusOf('reader', '/group/group_a', 'POST')).toBe(403);
  expect(await statusOf('reader', `${run}/cancel`, 'POST')).toBe(403);
  expect(await statusOf('reader', `${run}/rerun`, 'POST')).toBe(403);
  expect(await statusOf('one', `${run}/cancel`, 'POST')).toBe(403);
  expect(await statusOf('all', `${run}/cancel`, 'POST')).toBe(202);
});

test('GET /me says what the cluster lets each caller do, and a caller who may only read cannot even rehearse a trigger', async () => {
  const me = async (who: string) =>
    (await (await ask(who, '/me')).json()) as { name: string; groups: { name: string }[] };
  const reader = await me('reader');
  expect(reader.name).toBe(`system:serviceaccount:${product.namespace}:reader`);
  expect(reader.groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['group_a', 'group_b']));
  for (const { name, ...may } of reader.groups)
    expect({ name, ...may }).toEqual({ name, trigger: false, see: true, cancel: false });
  expect((await me('one')).groups).toEqual([{ name: 'group_a', trigger: true, see: true, cancel: false }]);
  for (const { name, ...may } of (await me('all')).groups)
    expect({ name, ...may }).toEqual({ name, trigger: true, see: true, cancel: true });
  expect((await me('none')).groups).toEqual([]);
  expect(await statusOf(undefined, '/me')).toBe(401);
  expect(await statusOf('reader', '/group/group_a?dryRun=true', 'POST')).toBe(403);
  expect(await statusOf('one', '/group/group_a?dryRun=true', 'POST')).toBe(200);
});

test('no header but Authorization says who calls, whatever a proxy or a client writes into it', async () => {
  const name = `system:serviceaccount:${product.namespace}:all`;
  const forged = Object.fromEntries(
    ['X-Forwarded-User', 'X-Forwarded-Email', 'X-Auth-Request-User', 'X-Remote-User', 'Impersonate-User', 'From'].map(
      (field) => [field, name],
    ),
  );
  expect((await fetch(`${product.url}/me`, { headers: forged })).status).toBe(401);
  const headers = { ...forged, authorization: `Bearer ${tokens.reader}` };
  const me = (await (await fetch(`${product.url}/me`, { headers })).json()) as { name: string };
  expect(me.name).toBe(`system:serviceaccount:${product.namespace}:reader`);
});

test('the web page is for everybody, and what it calls for those with a token', async () => {
  const folder = join(product.folder, 'page');
  await mkdir(folder);
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Async API</title>');
  const { url, service } = await product.startReplica({ AUTH: 'kubernetes', PAGE_DIR: folder });
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>Async API</title>']);
  for (const path of ['/me', '/groups', '/runs', '/runs/events']) {
    const response = await ask(undefined, path, 'GET', url);
    // Not Basic or Negotiate, for which a browser would open a window.
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="async-api"']);
  }
  await service.stop();
});

test('a caller who may only read gets the events of all runs, another those of its group, and one without rights none', async () => {
  const [reader, one, none] = await Promise.all(
    ['reader', 'one', 'none'].map((who) => EventReader.open(`${product.url}/runs/events`, undefined, tokens[who])),
  );
  const start = async (group: string) =>
    (await ask('all', `/group/${group}`, 'POST')).headers.get('location')!.slice('/runs/'.length);
  const [other, own] = [await start('group_d'), await start('group_a')];
  const idOf = async (stream: EventReader) => (JSON.parse((await stream.next())!.data) as { id: string }).id;
  const seen = [await idOf(reader!), await idOf(reader!)];
  expect(seen.toSorted()).toEqual([other, own].toSorted());
  expect(await idOf(one!)).toBe(own);
  const nothing = none!.next().then(
    () => 'an event',
    () => 'the end',
  );
  await setTimeout(1500);
  none!.close();
  expect(await nothing).toBe('the end');
  for (const stream of [reader, one]) stream!.close();
});

/** What kubectl says to a service account that creates, reads or cancels GroupRuns. */
async function kubectlAs(account: string) {
  const kubeconfig = join(product.folder, `${account}.kubeconfig`);
  await accountKubeconfig(ADMIN, product.namespace, account, kubeconfig);
  return (args: string[], input?: object) =>
    kubectl([...args, '-n', product.namespace], { kubeconfig, input: JSON.stringify(input) }).then(
      ({ out }) => out,
      ({ message }) => message as string,
    );
}
const ownRun = () => ({ ...run(), metadata: { name: 'group-a' } });

test('rights on groups are worth nothing at the API server: no run can be created, read or cancelled there', async () => {
  const stored = (await ask('one', '/group/group_a', 'POST')).headers.get('location')!.slice('/runs/'.length);
  const asOne = await kubectlAs('one');
  expect(await asOne(['auth', 'can-i', '--list'])).toMatch(/groups\.async-api\.dev +\[\] +\[group_a\] +\[create get\]/);
  expect(await asOne(['create', '-f', '-'], ownRun())).toMatch(/forbidden.*cannot create resource "groupruns"/);
  expect(await asOne(['get', 'groupruns', stored])).toMatch(/forbidden.*cannot get resource "groupruns"/);
  expect(await asOne(['patch', 'groupruns', stored, '--type=merge', '-p', '{"spec":{"cancel":true}}'])).toMatch(
    /forbidden/,
  );
  const { resources } = await product.admin.request<{ resources: { name: string }[] }>(
    'GET',
    '/apis/async-api.dev/v1alpha1',
  );
  expect(resources.map(({ name }) => name)).toEqual(['groupruns', 'groupruns/status']);
});

test('rights on GroupRuns are for operators: kubectl creates one, and REST gives nothing', async () => {
  const asOperator = await kubectlAs('operator');
  expect(await asOperator(['create', '-f', '-'], ownRun())).toMatch(/created/);
  const location = (await ask('all', '/group/group_a', 'POST')).headers.get('location')!;
  expect(await statusOf('operator', '/group/group_a', 'POST')).toBe(403);
  expect(await statusOf('operator', location)).toBe(403);
  expect(await statusOf('operator', `${location}/cancel`, 'POST')).toBe(403);
  expect(await (await ask('operator', '/runs')).json()).toEqual({ runs: [] });
  expect(await (await ask('operator', '/groups')).json()).toEqual({ groups: [] });
});

/** Whether the API server itself says so: it learns of a role by a watch, a moment after the role is stored. */
async function mayTrigger(account: string, name: string): Promise<boolean> {
  const { namespace, admin } = product;
  const resourceAttributes = { namespace, verb: 'create', group: 'async-api.dev', resource: 'groups', name };
  const body = { spec: { user: `system:serviceaccount:${namespace}:${account}`, resourceAttributes } };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  return (await admin.request<{ status: { allowed: boolean } }>('POST', path, { body })).status.allowed;
}

test('a role that was just given works at once, although the API has cached that there is none', async () => {
  const rule = onGroups(['create'], 'group_a');
  tokens.later = await accountToken(product, 'later', [rule]);
  await revokeRole(product, 'later');
  await eventually('no role at the API server', async () => !(await mayTrigger('later', 'group_a')) || undefined);
  expect(await statusOf('later', '/group/group_a', 'POST')).toBe(403);
  await accountToken(product, 'later', [rule]);
  await eventually('the role at the API server', async () => (await mayTrigger('later', 'group_a')) || undefined);
  expect(await statusOf('later', '/group/group_a', 'POST')).toBe(202);
});

test('an open event stream ends and a followed log breaks off soon after the role is taken away', async () => {
  tokens.leaver = await accountToken(product, 'leaver', [onGroups(['create', 'get'], 'group_a')]);
  await eventually('the role at the API server', async () => (await mayTrigger('leaver', 'group_a')) || undefined);
  const [job] = await statusPaths(await ask('leaver', '/group/group_a', 'POST'));
  const run = `/runs/${runOf(job!)}`;
  const open = await Promise.all(
    ['leaver', 'all'].flatMap((who) => [ask(who, `${run}/events`), ask(who, `${job}/logs?follow=true`)]),
  );
  expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const ends = open.map((response) =>
    response.text().then(
      () => 'end',
      () => 'cut',
    ),
  );
  await revokeRole(product, 'leaver');
  expect(await Promise.all(ends.slice(0, 2))).toEqual(['end', 'cut']);
  // Another caller's are still open.
  expect(await Promise.race([...ends.slice(2), Promise.resolve('open')])).toBe('open');
}, 120_000);

test('a caller without rights gets an empty list and may not trigger', async () => {
  expect(await statusOf('none', '/group/group_a', 'POST')).toBe(403);
  const { runs } = (await (await ask('none', '/runs')).json()) as { runs: [] };
  expect(runs).toEqual([]);
});

test('no token, a forged token and a token for another audience are 401', async () => {
  expect(await statusOf(undefined, '/groups')).toBe(401);
  expect(await statusOf(`${tokens.all!.slice(0, -8)}AAAAAAAA`, '/groups')).toBe(401);
  const elsewhere = await accountToken(product, 'all', [], ['https://elsewhere.example']);
  expect(await statusOf(elsewhere, '/groups')).toBe(401);
});

test('with AUTH_AUDIENCES set, only tokens for that audience are accepted', async () => {
  const replica = await product.startReplica({ AUTH: 'kubernetes', AUTH_AUDIENCES: 'async-api' });
  try {
    const own = await accountToken(product, 'all', [], ['async-api']);
    expect(await statusOf(own, '/group/group_a', 'POST', replica.url)).toBe(202);
    expect(await statusOf('all', '/group/group_a', 'POST', replica.url)).toBe(401);
  } finally {
    await replica.service.stop();
  }
});

test('an API without the right to review tokens answers 503 and names the role it needs', async () => {
  const other = await Product.install();
  try {
    await other.startApi(undefined, { AUTH: 'kubernetes' });
    const response = await ask('all', '/groups', 'GET', other.url);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.text()).toMatch(/system:auth-delegator/);
  } finally {
    await other.uninstall();
  }
});

test('a new valid token is served beside 200 concurrent wrong ones, with at most 16 reviews in flight', async () => {
  const { proxy, kubeconfig } = await proxied(product, 'async-api');
  const replica = await product.startReplica({ AUTH: 'kubernetes', KUBECONFIG: kubeconfig });
  const reviews = () => proxy.calls.filter(({ label }) => label.endsWith('/tokenreviews'));
  let maxInFlight = 0;
  const sampling = setInterval(() => {
    maxInFlight = Math.max(maxInFlight, reviews().filter((call) => call.status === undefined).length);
  }, 1);
  try {
    const wrong = Array.from({ length: 200 }, (_, i) => statusOf(`wrong-${i}`, '/groups', 'GET', replica.url));
    expect(await statusOf('all', '/groups', 'GET', replica.url)).toBe(200);
    expect(new Set(await Promise.all(wrong))).toEqual(new Set([401]));
    expect(await statusOf('one', '/groups', 'GET', replica.url)).toBe(200);
    expect(reviews()).toHaveLength(202);
    expect(maxInFlight).toBeGreaterThan(1);
    expect(maxInFlight).toBeLessThanOrEqual(16);
  } finally {
    clearInterval(sampling);
    await replica.service.stop();
    await proxy.close();
  }
});
