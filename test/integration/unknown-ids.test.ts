import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobId, newRunId } from '../../contract/ids.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { proxied } from '../support/behind-proxy.ts';
import { Product, type Replica } from '../support/harness.ts';
import { runOf, trigger } from '../support/rest.ts';

let product: Product;
let proxy: FaultProxy;
/** Behind the proxy, beside the product's own replica. */
let replica: Replica;
beforeAll(async () => {
  product = await Product.install();
  const behind = await proxied(product, 'async-api');
  proxy = behind.proxy;
  await product.startApi();
  replica = await product.startReplica({ KUBECONFIG: behind.kubeconfig });
});
afterAll(async () => {
  await replica.service.stop();
  await product.uninstall();
  await proxy.close();
});

const ask = (path: string) => fetch(replica.url + path);
const status = async (path: string) => (await ask(path)).status;
const gets = () => proxy.calls.filter(({ label }) => label === 'GET groupruns').length;

test('a run that another replica accepted is found by the first question', async () => {
  for (let i = 0; i < 20; i++) {
    const [path] = await trigger(product, 'group_a');
    expect([await status(path!), await status(`/runs/${runOf(path!)}`)]).toEqual([200, 200]);
  }
});

test('one unknown id, asked for again and again, costs one request a second', async () => {
  const id = jobId(newRunId(), 1);
  proxy.mark();
  const from = performance.now();
  const statuses: number[] = [];
  for (let round = 0; round < 20; round++)
    statuses.push(...(await Promise.all(Array.from({ length: 10 }, () => status(`/status/${id}`)))));
  const seconds = (performance.now() - from) / 1000;
  expect(statuses).toEqual(Array(200).fill(404));
  expect(gets()).toBeLessThanOrEqual(2 + 1.5 * seconds);
});

test('many unknown ids cost the API server a hundred requests, and those that exist are served beside them', async () => {
  const [path] = await trigger(product, 'group_a');
  proxy.mark();
  const from = performance.now();
  const answers: { status: number; text: string; retryAfter: string | null }[] = [];
  const askForUnknown = async (i: number) => {
    const id = newRunId();
    const response = await ask(i % 2 ? `/runs/${id}` : `/status/${jobId(id, 1)}`);
    const { status, headers } = response;
    answers.push({ status, text: await response.text(), retryAfter: headers.get('retry-after') });
  };
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 40 }, (_, i) => askForUnknown(i)));
  const seconds = (performance.now() - from) / 1000;
  const missing = answers.filter(({ status }) => status === 404);
  const refused = answers.filter(({ status }) => status === 429);
  expect(missing.length + refused.length).toBe(400);
  expect(missing.map(({ text }) => text)).toContain("Job with given id doesn't exists : dummy");
  expect(refused[0]).toEqual({
    status: 429,
    text: 'Expected at most 20 requests for unknown ids a second. Try again later.',
    retryAfter: '1',
  });
  expect(gets()).toBeGreaterThanOrEqual(missing.length);
  // Beside them the API probes the API server every two seconds.
  expect(gets()).toBeLessThanOrEqual(101 + 21 * seconds);
  expect([await status(path!), await status(`/runs/${runOf(path!)}`)]).toEqual([200, 200]);
});
