import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import helmet from 'helmet';
import { startApp, type TestApp } from '../../../support/app.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

const RUN = '78b9d1a2-3c4d-4e5f-8a6b-000000000000';
const JOB = RUN.replace(/.$/, '1');

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
  await app.runs.create(RUN, { group: 'good', jobs: [{ name: 'one' } as never] }, {});
  app.runs.setStates(RUN, 'SUCCESS');
});
afterEach(() => app.close());

const linesOf = (head: string): string[] => head.split('\r\n').slice(1);
const nameOf = (line: string): string => line.split(':')[0]!;

/** The header fields that helmet sets with its defaults, but for its Content-Security-Policy, which is for pages. */
async function fieldsOfHelmet(): Promise<string[]> {
  const server = createServer((request, response) => helmet()(request, response, () => response.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { headers } = await sendRaw(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rawRequest('GET', '/'),
  );
  server.close();
  const others = ['content-security-policy', 'date', 'connection', 'content-length', 'transfer-encoding'];
  return linesOf(headers).filter((line) => !others.includes(nameOf(line)));
}

test.each([
  ['GET', `/status/${JOB}`, {}, 200],
  ['HEAD', `/status/${JOB}`, {}, 200],
  ['GET', `/status/${JOB}`, { 'If-None-Match': '*' }, 304],
  ['POST', `/status/${JOB}`, {}, 405],
  ['GET', `/runs/${RUN}`, {}, 200],
  ['GET', `/runs/${RUN}/events`, {}, 200],
  ['GET', '/runs?limit=0', {}, 400],
  ['GET', '/groups', {}, 200],
  ['POST', '/group/good', {}, 202],
  ['GET', '/livez', {}, 200],
  ['GET', '/docs', {}, 200],
  ['GET', '/nowhere', { Accept: 'application/json' }, 404],
])('the response to %s %s %j has the fields of every response once', async (method, path, sent, status) => {
  const { headers, ...answer } = await sendRaw(app.url, rawRequest(method, path, { 'X-Request-Id': 'mine', ...sent }));
  expect(answer.status).toBe(status);
  const lines = linesOf(headers);
  const names = lines.map(nameOf);
  expect(lines).toEqual(expect.arrayContaining([...(await fieldsOfHelmet()), 'x-request-id: mine']));
  expect(names).toContain('content-security-policy');
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('a handler that sets a field of every response keeps its own', async () => {
  const policy = async (path: string) => (await fetch(app.url + path)).headers.get('content-security-policy');
  expect(await policy('/docs')).toMatch(/style-src/);
  expect(await policy('/groups')).not.toMatch(/style-src/);
});

test('a status has the fields of JSON, and Age while the cache is out of date', async () => {
  const response = await fetch(`${app.url}/status/${JOB}`);
  const text = await response.text();
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(text.length),
    'cache-control': 'no-store',
  });
  expect(response.headers.has('age')).toBe(false);
  app.runs.cacheAgeSeconds = 17;
  const { headers } = await fetch(`${app.url}/status/${JOB}`);
  expect([headers.get('age'), headers.get('warning')]).toEqual(['17', '110 async-api "Response is Stale"']);
});

test('the length of JSON counts bytes', async () => {
  app.runs.setJobs(RUN, { state: 'FAILURE', message: 'größer' });
  const response = await fetch(`${app.url}/status/${JOB}`);
  expect(await response.json()).toMatchObject({ message: 'größer' });
});

test('while the service stops, a status has the fields of every response and closes the connection', async () => {
  await app.close();
  app = await startApp({ stopping: AbortSignal.abort() });
  await app.runs.create(RUN, { group: 'good', jobs: [{ name: 'one' } as never] }, {});
  const { status, headers } = await sendRaw(app.url, rawRequest('GET', `/status/${JOB}`, { Connection: 'keep-alive' }));
  expect([status, linesOf(headers).map(nameOf)]).toEqual([
    200,
    expect.arrayContaining(['x-request-id', 'content-type']),
  ]);
  expect(linesOf(headers).filter((line) => nameOf(line) === 'connection')).toEqual(['connection: close']);
});
