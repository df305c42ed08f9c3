import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../../support/app.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

test.each(['/groups', '/runs', '/status/dummy', '/group/nowhere', '/livez', '/openapi.json', '/docs', '/nowhere'])(
  'the response to %s has the security header fields',
  async (path) => {
    const { headers } = await fetch(app.url + path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  },
);

test('with GET triggers turned off, only a POST starts a group', async () => {
  await app.close();
  app = await startApp({ getTriggers: false });
  for (const method of ['GET', 'HEAD']) {
    const refused = await fetch(`${app.url}/group/good`, { method });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
  }
  expect(app.runs.runs.size).toBe(0);
  expect((await fetch(`${app.url}/group/good`, { method: 'POST' })).status).toBe(202);
});

test.each([
  ['[::1]:5100', 200],
  ['[::1]', 200],
  ['localhost:5100', 200],
  ['127.0.0.1', 200],
  ['evil.example:5100', 403],
  ['127.0.0.1.evil.example', 403],
  ['[::2]:5100', 403],
])('of a service for this machine only, a request to the host %s is %d', async (host, status) => {
  await app.close();
  app = await startApp({ requireLoopbackHost: true });
  expect((await sendRaw(app.url, rawRequest('GET', '/groups', { Host: host }))).status).toBe(status);
});

test.each(['GET', 'HEAD', 'POST'])('a %s with two Host fields is 400 and starts nothing', async (method) => {
  for (const path of ['/group/good', '/livez', '/nowhere']) {
    const request = rawRequest(method, path).replace('\r\n\r\n', '\r\nhost: evil.example\r\n\r\n');
    expect((await sendRaw(app.url, request)).status).toBe(400);
  }
  expect(app.runs.runs.size).toBe(0);
});

test.each([
  ['none', 202],
  ['same-origin', 202],
  ['same-site', 403],
  ['cross-site', 403],
])('a GET or POST trigger with Sec-Fetch-Site: %s is %d', async (site, status) => {
  for (const method of ['GET', 'POST']) {
    const request = rawRequest(method, '/group/good', { 'Sec-Fetch-Site': site });
    expect((await sendRaw(app.url, request)).status).toBe(status);
  }
  expect(app.runs.runs.size).toBe(status === 202 ? 2 : 0);
});

test('/readyz of a service that is not ready is 503 with Retry-After, and says why with ?verbose', async () => {
  await app.close();
  app = await startApp({ readinessChecks: () => [{ name: 'runs-synced', ok: false, note: 'not yet' }] });
  const response = await fetch(`${app.url}/readyz`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await (await fetch(`${app.url}/readyz?verbose`)).text()).toBe('[-] runs-synced: not yet');
});
