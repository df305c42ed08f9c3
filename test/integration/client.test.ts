import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, type KubeClient, type RequestOptions } from '../../kube/client.ts';
import { statusAnswer } from '../fault-proxy/answer.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { behindProxy, onceOn } from '../support/behind-proxy.ts';
import { ADMIN, Product } from '../support/harness.ts';

let product: Product;
let client: KubeClient;
let proxy: FaultProxy;
beforeAll(async () => {
  product = await Product.install();
  ({ client, proxy } = await behindProxy(product));
});
afterEach(() => {
  proxy.mend();
  proxy.mark();
});
afterAll(async () => {
  await client.close();
  await proxy.close();
  await product.uninstall();
});

const list = (options?: RequestOptions) => client.request<{ items: object[] }>('GET', product.jobsPath(), options);
const event = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name },
  involvedObject: { namespace: product.namespace },
});
const CREATE = 'POST events';
const create = (name: string, options: RequestOptions = {}) =>
  client.request('POST', product.eventsPath(), { body: event(name), ...options });
const answered = (status: number, reason: string, headers?: Record<string, string>) => (label: string) =>
  onceOn(proxy, label, async (exchange) => exchange.answer(statusAnswer(status, reason, headers)));
const calls = () => proxy.calls.length;

describe('a call is tried again', () => {
  test('after 429, no sooner than Retry-After says', async () => {
    answered(429, 'TooManyRequests', { 'retry-after': '1' })(CREATE);
    const begun = performance.now();
    await create('throttled');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(990);
    expect(calls()).toBe(2);
  });

  test.each([500, 502, 503, 504])('after %i if it only reads', async (status) => {
    answered(status, 'Broken')('LIST jobs');
    await list();
    expect(calls()).toBe(2);
  });

  test('after a broken connection if it only reads', async () => {
    onceOn(proxy, 'LIST jobs', async (exchange) => exchange.cut());
    await list();
    expect(calls()).toBe(2);
  });

  test('after a 409, with which a quota answers concurrent creates', async () => {
    answered(409, 'Conflict')(CREATE);
    await create('counted');
    expect(calls()).toBe(2);
  });

  test('after a lost answer, if it is marked as idempotent', async () => {
    onceOn(proxy, CREATE, async (exchange) => {
      await exchange.forward();
      exchange.cut();
    });
    await expect(create('twice', { idempotent: true })).rejects.toMatchObject({ reason: 'AlreadyExists' });
    expect(calls()).toBe(2);
  });

  test('at most twice', async () => {
    for (let tries = 0; tries < 3; tries++) answered(503, 'ServiceUnavailable')('LIST jobs');
    await expect(list()).rejects.toMatchObject({ code: 503 });
    expect(calls()).toBe(3);
  });
});

describe('a call is not tried again', () => {
  test.each([500, 504])('after %i if it may have had an effect', async (status) => {
    answered(status, 'Broken')(CREATE);
    await expect(create(`once-${status}`)).rejects.toMatchObject({ code: status });
    expect(calls()).toBe(1);
  });

  test('after a lost answer if it may have had an effect', async () => {
    onceOn(proxy, CREATE, async (exchange) => exchange.cut());
    await expect(create('lost')).rejects.toThrow();
    expect(calls()).toBe(1);
  });

  test('if Retry-After is longer than a worker may sleep', async () => {
    answered(429, 'TooManyRequests', { 'retry-after': '60' })('LIST jobs');
    await expect(list()).rejects.toMatchObject({ code: 429, retryAfterSeconds: 60 });
  });

  test('if the fence does not allow it any more', async () => {
    answered(429, 'TooManyRequests')(CREATE);
    let asked = 0;
    const fence = () => {
      asked += 1;
      if (asked > 1) throw new Error('deposed');
    };
    await expect(create('deposed', { fence })).rejects.toThrow('deposed');
    expect(calls()).toBe(1);
  });
});

test('a call that hangs fails after its timeout, and the next attempt succeeds', async () => {
  onceOn(proxy, 'LIST jobs', () => sleep(60_000, undefined, { ref: false }));
  const begun = performance.now();
  await list({ timeoutMs: 1000 });
  expect(performance.now() - begun).toBeGreaterThanOrEqual(990);
  onceOn(proxy, CREATE, () => sleep(60_000, undefined, { ref: false }));
  await expect(create('hangs', { timeoutMs: 300 })).rejects.toThrow(/POST .* had no answer within 300 ms/);
});

test('warnings of the API server are logged, each text once', async () => {
  const logged: object[] = [];
  const warned = await createClient({
    ...ADMIN,
    log: (message, fields, level) => logged.push({ message, fields, level }),
  });
  const container = { name: 'one', image: 'none', resources: { limits: { memory: '128m' } } };
  const spec = { template: { spec: { restartPolicy: 'Never', containers: [container] } } };
  const options = { query: { dryRun: 'All' }, body: { metadata: { name: 'tiny' }, spec } };
  for (let tries = 0; tries < 2; tries++) await warned.request('POST', product.jobsPath(), options);
  await warned.close();
  expect(logged).toContainEqual({
    message: 'the API server warned',
    fields: {
      call: `POST ${product.jobsPath()}`,
      warning: expect.stringMatching(/fractional byte value "128m" is invalid/),
    },
    level: 'warn',
  });
  expect(new Set(logged.map((line) => JSON.stringify(line))).size).toBe(logged.length);
});
