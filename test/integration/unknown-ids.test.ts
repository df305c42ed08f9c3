import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobId, newRunId } from '../../contract/ids.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { proxied } from '../support/behind-proxy.ts';
import { Product, type Replica } from '../support/harness.ts';
import { idOf, runOf, trigger } from '../support/rest.ts';

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

test('many unknown ids cost the API server a hundred requests, and none of those that exist', async () => {
  const [path] = await trigger(product, 'group_a');
  proxy.mark();
  const answers = await Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      const id = newRunId();
      const response = await ask(i % 2 ? `/runs/${id}` : `/status/${jobId(id, 1)}`);
      return { status: response.status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
    }),
  );
  const missing = answers.filter((answer) => answer.status === 404);
  const refused = answers.filter((answer) => answer.status === 429);
  expect(missing.length + refused.length).toBe(400);
  expect(missing.map(({ text }) => text)).toContain("Job with given id doesn't exists : dummy");
  expect(refused[0]).toEqual({
    status: 429,
    text: 'Expected at most 20 requests for unknown ids a second. Try again later.',
    retryAfter: '1',
  });
  // A hundred, what a few seconds add to it, and the probes of the API itself.
  expect(gets()).toBeGreaterThanOrEqual(missing.length);
  expect(gets()).toBeLessThan(250);
  expect([await status(path!), await status(`/runs/${runOf(path!)}`)]).toEqual([200, 200]);
  expect((await fetch(`${replica.url}/status/${idOf(path!)}/cancel`, { method: 'POST' })).status).toBe(202);
});

test('one unknown id, asked for again and again, costs a request a second at most', async () => {
  const id = jobId(newRunId(), 1);
  proxy.mark();
  const from = performance.now();
  const statuses = new Set<number>();
  for (let round = 0; round < 20; round++) {
    for (const one of await Promise.all(Array.from({ length: 20 }, () => status(`/status/${id}`)))) statuses.add(one);
  }
  const seconds = (performance.now() - from) / 1000;
  // It may meet the end of the last test's budget.
  expect([...statuses].filter((one) => one !== 429)).toEqual([404]);
  // One a second, and a probe every two.
  expect(gets()).toBeLessThanOrEqual(2 + 1.5 * seconds);
});
