import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { openRaw, rawRequest, sendRaw } from '../support/raw-http.ts';
import { cached, runOf, trigger } from '../support/rest.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
});
afterAll(() => product.uninstall());

test('the limit of active runs counts those of other replicas too', async () => {
  const { url, service } = await product.startReplica({ MAX_ACTIVE_RUNS_PER_GROUP: '1' });
  const start = (group: string) => fetch(`${url}/group/${group}`, { method: 'POST' });
  try {
    await eventually('readiness', async () => (await fetch(`${url}/readyz`)).ok || undefined);
    // Through the first replica: the second sees it in its cache only.
    await trigger(product, 'group_d');
    await cached({ url }, 'group_d');
    const refused = await start('group_d');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await refused.text()).toMatch(/at most 1 runs of group group_d/);
  } finally {
    await service.stop();
  }
});

test('connections at the limit shut out neither new callers nor probes', async () => {
  const { url, metricsUrl, service } = await product.startReplica({ MAX_CONNECTIONS: '50' });
  const [path] = await trigger(product, 'group_d');
  const events = rawRequest('GET', `/runs/${runOf(path!)}/events`, { Connection: 'keep-alive' });
  const livez = rawRequest('GET', '/livez', { Connection: 'keep-alive' });
  const sockets: Socket[] = [];
  /** Opens that many connections with this request, and waits for the first bytes of each response. */
  const fill = (count: number, request: string) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const socket = openRaw(url, request);
        sockets.push(socket);
        await once(socket, 'data');
      }),
    );
  const probes = () =>
    Promise.all(['/livez', '/readyz'].map(async (probe) => (await fetch(metricsUrl + probe)).status));
  try {
    await eventually('readiness', async () => (await fetch(`${metricsUrl}/readyz`)).ok || undefined);
    await fill(50, livez);
    expect((await fetch(`${url}/group/group_d`, { method: 'POST' })).status).toBe(202);
    await fill(50, events);
    expect(await sendRaw(url, livez)).toMatchObject({
      status: 503,
      headers: expect.stringContaining('retry-after: 1'),
    });
    expect(await probes()).toEqual([200, 200]);
  } finally {
    for (const socket of sockets) socket.destroy();
    await service.stop();
  }
});

test('an address has a bound on its connections, but not that of a trusted proxy, behind which many clients are', async () => {
  const { url, service } = await product.startReplica({ MAX_CONNECTIONS_PER_ADDRESS: '1', TRUST_PROXY: '127.0.0.2' });
  const [path] = await trigger(product, 'group_d');
  const events = rawRequest('GET', `/runs/${runOf(path!)}/events`, { Connection: 'keep-alive' });
  const open: Socket[] = [];
  const statusOfSecond = async (address: string) => {
    const first = openRaw(url, events, address);
    open.push(first);
    await once(first, 'data');
    return (await sendRaw(url, rawRequest('GET', '/livez'), 400, address)).status;
  };
  try {
    await eventually('readiness', async () => (await fetch(`${url}/readyz`)).ok || undefined);
    expect(await statusOfSecond('127.0.0.3')).toBe(503);
    expect(await statusOfSecond('127.0.0.2')).toBe(200);
  } finally {
    for (const socket of open) socket.destroy();
    await service.stop();
  }
});

test('a refusal by a quota is 429, by an admission policy 422, and each says that nothing was started', async () => {
  const quotas = `/api/v1/namespaces/${product.namespace}/resourcequotas`;
  await product.admin.request('POST', quotas, {
    body: { metadata: { name: 'none' }, spec: { hard: { 'count/groupruns.async-api.dev': '0' } } },
  });
  const refused = (status: number) =>
    eventually(`a refusal with ${status}`, async () => {
      const response = await fetch(`${product.url}/group/group_a`, { method: 'POST' });
      return response.status === status ? response : undefined;
    });
  const full = await refused(429);
  expect([full.status, full.headers.get('retry-after')]).toEqual([429, '60']);
  expect(await full.text()).toMatch(/quota.*Nothing was started/);
  await product.admin.request('DELETE', `${quotas}/none`);

  const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
  const { namespace } = product;
  const rule = { apiGroups: ['async-api.dev'], apiVersions: ['*'], operations: ['CREATE'], resources: ['groupruns'] };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  await product.admin.request('POST', policies, {
    body: {
      metadata: { name: namespace },
      spec: {
        matchConstraints: { resourceRules: [rule], namespaceSelector },
        validations: [{ expression: 'false', message: 'not on Tuesdays' }],
      },
    },
  });
  await product.admin.request('POST', bindings, {
    body: { metadata: { name: namespace }, spec: { policyName: namespace, validationActions: ['Deny'] } },
  });
  try {
    const denied = await refused(422);
    expect([denied.status, await denied.text()]).toEqual([422, expect.stringMatching(/policy.*not on Tuesdays/)]);
  } finally {
    await product.admin.request('DELETE', `${bindings}/${namespace}`);
    await product.admin.request('DELETE', `${policies}/${namespace}`);
  }
});
