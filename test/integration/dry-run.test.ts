import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
});
afterAll(() => product.uninstall());

async function dryRun(group: string) {
  const response = await fetch(`${product.url}/group/${group}?dryRun=true`, { method: 'POST' });
  return { status: response.status, text: await response.text() };
}

test('the API server would accept what a dry run reports, and stores nothing', async () => {
  const { status, text } = await dryRun('group_a');
  expect([status, JSON.parse(text)]).toEqual([
    200,
    { group: 'group_a', parameters: {}, jobs: ['job_a1', 'job_a2', 'job_a3'] },
  ]);
  expect(await product.storedRuns()).toEqual([]);
});

test('a quota or policy that would deny the run denies its dry run', async () => {
  const quotas = `/api/v1/namespaces/${product.namespace}/resourcequotas`;
  const hard = { 'count/groupruns.async-api.dev': '0' };
  await product.admin.request('POST', quotas, { body: { metadata: { name: 'none' }, spec: { hard } } });
  const denied = await eventually('a denial', async () => {
    const answer = await dryRun('group_a');
    return answer.status === 200 ? undefined : answer;
  });
  expect(denied).toEqual({ status: 429, text: expect.stringContaining('quota of the namespace') });
  await product.admin.request('DELETE', `${quotas}/none`);
  await eventually('no denial', async () => (await dryRun('group_a')).status === 200 || undefined);
  expect(await product.storedRuns()).toEqual([]);
});
