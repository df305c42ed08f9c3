import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../../support/app.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

const KIB = 1024;
const send = (method: string, path: string, headers: Record<string, string> = {}) =>
  sendRaw(app.url, rawRequest(method, path, { Connection: 'keep-alive', ...headers }));
const field = (bytes: number) => ({ 'X-Long': 'x'.repeat(bytes) });

test('header fields of 16 KiB together are read, more are 431 and the connection ends', async () => {
  const others = 'HostlocalhostConnectionkeep-aliveX-Long'.length;
  expect(await send('POST', '/group/good', field(16 * KIB - others))).toMatchObject({ status: 202 });
  expect(await send('POST', '/group/good', field(16 * KIB - others + 1))).toMatchObject({
    status: 431,
    headers: expect.stringContaining('connection: close'),
    body: 'Expected at most 16384 bytes of header fields, got 16385.',
  });
  expect(app.runs.runs.size).toBe(1);
});

test.each([
  ['/status/', 32 * KIB, 404, /^Job with given id doesn't exists : dummy$/],
  ['/status/', 32 * KIB + 1, 414, /^Expected an address of at most 32768 characters\.$/],
  ['/group/', 8 * KIB, 404, /no group/],
  ['/group/', 8 * KIB + 1, 414, /^Expected an address of at most 8192 characters\.$/],
  ['/group/', 32 * KIB, 414, /8192/],
  ['/status/', 50 * KIB, 431, /^Expected at most 49152 bytes of address and header fields/],
])('an address %s… of %d bytes is %d', async (prefix, bytes, status, says) => {
  const answer = await send('GET', prefix.padEnd(bytes, 'x'));
  expect([answer.status, answer.body]).toEqual([status, expect.stringMatching(says)]);
});

test('an address and header fields that are each at their bound are read', async () => {
  expect(await send('GET', '/status/'.padEnd(32 * KIB, 'x'), field(16 * KIB - 100))).toMatchObject({ status: 404 });
});
