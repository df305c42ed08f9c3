import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import { Product } from '../support/harness.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
});
afterAll(() => product.uninstall());

const post = async (url: string, key: string, group = 'group_a') => {
  const response = await fetch(`${url}/group/${group}`, { method: 'POST', headers: { 'Idempotency-Key': key } });
  return {
    status: response.status,
    replayed: response.headers.get('idempotency-replayed'),
    body: await response.text(),
  };
};

test('fifty concurrent duplicates through two replicas are one run, and all but one are marked as replays', async () => {
  const other = await product.startReplica();
  try {
    const before = (await product.storedRuns()).length;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => post(i % 2 ? other.url : product.url, '"at-once"')),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    expect(answers[0]!.status).toBe(202);
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect((await product.storedRuns()).length).toBe(before + 1);
  } finally {
    await other.service.stop();
  }
});

test('a replay after a kill of the API is the same run, and another request with its key is 422', async () => {
  const first = await post(product.url, '"restart"');
  await product.api!.kill();
  await product.startApi();
  expect(await post(product.url, '"restart"')).toEqual({ ...first, replayed: 'true' });
  expect((await post(product.url, '"restart"', 'group_d')).status).toBe(422);
});

test('a run carries its caller and its trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const response = await fetch(`${product.url}/group/group_a`, { method: 'POST', headers: { traceparent } });
  const base = response.headers.get('location')!.slice('/runs/'.length);
  const run = await product.admin.request<GroupRun>('GET', product.runsPath(base));
  expect(run.metadata.annotations).toMatchObject({
    'async-api.dev/caller': 'anonymous',
    'async-api.dev/traceparent': traceparent,
  });
});
