import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { onceOn, proxied } from '../support/behind-proxy.ts';
import { EventReader } from '../support/event-reader.ts';
import { Product } from '../support/harness.ts';
import { runOf, trigger } from '../support/rest.ts';

let product: Product;
let proxy: FaultProxy;
beforeAll(async () => {
  product = await Product.install();
  const behind = await proxied(product, 'async-api');
  proxy = behind.proxy;
  await product.startApi(undefined, { KUBECONFIG: behind.kubeconfig });
});
afterAll(async () => {
  await product.uninstall();
  await proxy.close();
});

test('an API that is stopped finishes requests, ends long-lived responses, and exits at once after that', async () => {
  const [path] = await trigger(product, 'group_a');
  const events = await EventReader.open(`${product.url}/runs/${runOf(path!)}/events`);
  await events.next();
  const wait = fetch(`${product.url}${path}?wait=50s`);
  const stored = Promise.withResolvers<void>();
  onceOn(proxy, 'POST groupruns', async (exchange) => {
    const answer = await exchange.forward();
    stored.resolve();
    await sleep(1000);
    exchange.answer(answer);
  });
  const slow = fetch(`${product.url}/group/group_a`, { method: 'POST' });
  await stored.promise;
  await product.api!.stop();
  expect((await slow).status).toBe(202);
  expect(((await (await wait).json()) as { state: string }).state).toBe('PENDING');
  // A stream that was cut in the middle would throw.
  expect(await events.next()).toBeUndefined();
  const log = await readFile(join(product.folder, 'api.log'), 'utf8');
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { message: string; time: string });
  expect(lines.at(-1)!.message).toBe('stopped');
  const began = lines.find(({ message }) => message === 'stopping')!;
  // Connections still open after 8 s would have been cut.
  expect(Date.parse(lines.at(-1)!.time) - Date.parse(began.time)).toBeLessThan(7000);
});
