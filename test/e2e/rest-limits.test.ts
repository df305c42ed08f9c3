import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { cached, trigger } from '../support/rest.ts';

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
