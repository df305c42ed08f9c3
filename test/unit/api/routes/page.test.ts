import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { noAuth, unauthorized } from '../../../../api/auth/auth.ts';
import { loadStaticFiles } from '../../../../api/http/static-files.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8';
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";
const SCRIPT = 'console.log("a script that is long enough to be compressed");\n'.repeat(20);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-page-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Async API</title>');
  await writeFile(join(folder, 'app-ABCD2345.js'), SCRIPT);
  await writeFile(join(folder, 'app-XYZ23456.css'), 'body { color: red }');
  await writeFile(join(folder, 'icon.svg'), '<svg/>');
  await mkdir(join(folder, 'folder'));
});
afterAll(() => rm(folder, { recursive: true }));

const identify = () => Promise.reject(unauthorized('Expected who you are.'));
let app: TestApp;
// Whoever calls has no token.
beforeEach(async () => {
  app = await startApp({ page: await loadStaticFiles(folder), auth: { ...noAuth, identify } });
});
afterEach(() => app.close());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(app.url + path, { method, headers: { Accept: BROWSER, 'Accept-Encoding': 'identity', ...headers } });

test('a browser gets the page at / without a token, whatever the query, and asks for it again each time', async () => {
  for (const path of ['/', '/?run=x']) {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([200, '<!doctype html><title>Async API</title>']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CSP,
      'cache-control': 'no-cache',
      vary: 'Accept, Accept-Encoding',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  }
});

test('files whose name has a hash are kept for ever, others are asked for again', async () => {
  const of = async (path: string) => {
    const { status, headers } = await get(path);
    return [status, headers.get('content-type'), headers.get('cache-control'), headers.get('content-security-policy')];
  };
  const forEver = 'public, max-age=31536000, immutable';
  expect(await of('/page/app-ABCD2345.js')).toEqual([200, 'text/javascript; charset=utf-8', forEver, CSP]);
  expect(await of('/page/app-XYZ23456.css')).toEqual([200, 'text/css; charset=utf-8', forEver, CSP]);
  expect(await of('/page/icon.svg')).toEqual([200, 'image/svg+xml', 'no-cache', CSP]);
});

test('what the client has is 304, and a HEAD has no body', async () => {
  for (const path of ['/', '/page/app-ABCD2345.js']) {
    const { headers } = await get(path);
    // Not by fetch, which adds Cache-Control: no-cache.
    const conditional = (etag: string) =>
      sendRaw(app.url, rawRequest('GET', path, { Accept: BROWSER, 'If-None-Match': etag }));
    expect(await conditional(headers.get('etag')!)).toMatchObject({ status: 304, body: '' });
    expect(await conditional('W/"other"')).toMatchObject({ status: 200 });
    const head = await get(path, {}, 'HEAD');
    expect([head.status, await head.text(), head.headers.get('etag')]).toEqual([200, '', headers.get('etag')]);
  }
});

test('who takes gzip gets it', async () => {
  const answer = await fetch(`${app.url}/page/app-ABCD2345.js`, { headers: { 'Accept-Encoding': 'gzip' } });
  expect(answer.headers.get('content-encoding')).toBe('gzip');
  expect(Number(answer.headers.get('content-length'))).toBeLessThan(SCRIPT.length / 2);
  expect(await answer.text()).toBe(SCRIPT);
  const files = await loadStaticFiles(folder);
  expect(gunzipSync(files!.get('app-ABCD2345.js')!.gzip).toString()).toBe(SCRIPT);
});

test.each(['/page/nothing.js', '/page/folder', '/page/..%2f..%2fetc%2fpasswd', '/page/%2e%2e', '/page/__proto__'])(
  '%s is 404, which nobody may keep',
  async (path) => {
    const { status, headers } = await sendRaw(app.url, rawRequest('GET', path));
    expect(status).toBe(404);
    expect(headers).toMatch(/^cache-control: no-store/m);
  },
);

test('only GET and HEAD read a file', async () => {
  const refused = await get('/page/icon.svg', {}, 'POST');
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

describe('/ of one who does not ask for HTML', () => {
  test.each(['*/*', 'application/json', 'text/plain', 'text/plain, text/html;q=0.9'])(
    'is what it was, with Accept: %s',
    async (accept) => {
      expect((await get('/', { Accept: accept })).status).toBe(401);
      await app.close();
      app = await startApp({ page: await loadStaticFiles(folder) });
      const response = await get('/', { Accept: accept });
      expect([response.status, await response.text()]).toEqual([404, expect.stringMatching(/Nothing is here/)]);
    },
  );
});

test('without the folder, / says how to build it', async () => {
  await app.close();
  expect(await loadStaticFiles(join(folder, 'nothing'))).toBeUndefined();
  app = await startApp({ page: undefined });
  const response = await get('/');
  expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('npm run bundle')]);
});

test('of a service for this machine only, the page is not for other hosts', async () => {
  await app.close();
  app = await startApp({ page: await loadStaticFiles(folder), requireLoopbackHost: true });
  const request = rawRequest('GET', '/', { Host: 'evil.example', Accept: BROWSER });
  expect((await sendRaw(app.url, request)).status).toBe(403);
});
