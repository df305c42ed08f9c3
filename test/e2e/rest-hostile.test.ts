import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { openRaw, rawRequest, sendRaw, statusIn } from '../support/raw-http.ts';
import { runOf, trigger } from '../support/rest.ts';
import { HOSTILE, TRIGGER } from './hostile-requests.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
});
afterAll(() => product.uninstall());

const runs = async () => (await product.storedRuns()).length;

test('there are at least forty different hostile requests', () => {
  expect(new Set(HOSTILE.map(([, bytes]) => bytes)).size).toBeGreaterThanOrEqual(40);
});

test.each(HOSTILE)('%s is refused and starts nothing', async (_what, bytes, status, says) => {
  const before = await runs();
  const answer = await sendRaw(product.url, bytes);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatch(says);
  expect(answer.body.length).toBeLessThan(20_000);
  expect(answer.body).not.toMatch(/<script|\bat .*\.ts:\d+/);
  expect(answer.headers).not.toMatch(/set-cookie|x-powered-by/);
  expect(await runs()).toBe(before);
});

test.each([
  ['headers', 'X-Slow: '],
  ['a body', 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"par'],
])(
  'a caller that is slow to send %s gets 408 and is disconnected, and others are served meanwhile',
  async (_what, rest) => {
    const before = await runs();
    const slow = sendRaw(product.url, `POST ${TRIGGER} HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect((await fetch(`${product.url}/groups`)).status).toBe(200);
    expect(await slow).toMatchObject({ status: 408, body: expect.stringMatching(/within 10 s .* within 30 s/) });
    expect(await runs()).toBe(before);
  },
);

test('of ten thousand idle event streams most get 429, and the service still serves others', async () => {
  const [path] = await trigger(product, 'group_a');
  const events = rawRequest('GET', `/runs/${runOf(path!)}/events`, { Connection: 'x' });
  const listeners: Socket[] = [];
  const statuses = new Map<number, number>();
  const listen = () =>
    new Promise<void>((resolve) => {
      const socket = openRaw(product.url, events);
      listeners.push(socket);
      socket.once('data', (chunk) => {
        const status = statusIn(chunk.toString('latin1'));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        resolve();
      });
      socket.on('error', () => resolve());
    });
  try {
    for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 100 }, listen));
    expect(statuses.get(200)).toBe(200);
    expect([...statuses.keys()].sort()).toEqual([200, 429]);
    expect((await fetch(`${product.url}${path}`)).status).toBe(200);
    expect((await fetch(`${product.url}/group/group_a`, { method: 'POST' })).status).toBe(202);
  } finally {
    for (const socket of listeners) socket.destroy();
  }
}, 120_000);

test('no input of a caller can forge a log line', async () => {
  const forged = '\n{"message":"forged"}\r\n';
  await fetch(`${product.url}/group/${encodeURIComponent(forged)}`, { method: 'POST' });
  await fetch(`${product.url}/nowhere`, { method: 'POST', headers: { 'X-Request-Id': 'a"b', 'User-Agent': 'x' } });
  const lines = await eventually('both in the log', async () => {
    const text = await readFile(join(product.folder, 'api.log'), 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
    const has = (word: string) => whole.some((line) => line.includes(word));
    return has('forged') && has('/nowhere') ? whole : undefined;
  });
  for (const line of lines) expect(JSON.parse(line)).not.toMatchObject({ message: 'forged' });
});
