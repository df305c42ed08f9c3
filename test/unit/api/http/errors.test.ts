import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../../support/app.ts';
import { unavailable } from '../../../support/memory-runs.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

const post = (headers: Record<string, string> = {}) => fetch(`${app.url}/group/good`, { method: 'POST', headers });

test('an unreachable API server is 503 with Retry-After, and the log says why', async () => {
  app.runs.failure = unavailable();
  const response = await post();
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
  expect(await response.text()).toMatch(/cannot be reached/);
  expect(app.logged).toContainEqual(expect.objectContaining({ error: expect.stringContaining('ECONNREFUSED') }));
});

test('an unexpected error is 500 without details, and the log has its stack', async () => {
  app.runs.failure = new TypeError("Cannot read properties of undefined (reading 'secret')");
  const response = await post();
  expect([response.status, response.headers.get('retry-after')]).toEqual([500, null]);
  expect(await response.text()).not.toContain('secret');
  expect(app.logged).toContainEqual(expect.objectContaining({ stack: expect.stringContaining('TypeError') }));
});

test.each(['application/problem+json', 'application/json', 'application/json, text/plain, */*'])(
  'a client that accepts %s gets Problem Details (RFC 9457)',
  async (accept) => {
    const response = await fetch(`${app.url}/group/empty`, { headers: { accept } });
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('vary')).toMatch(/accept/i);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      detail: 'Group empty has no jobs, nothing was started.',
      requestId: response.headers.get('x-request-id'),
    });
  },
);

test.each(['*/*', 'text/plain', 'text/html,application/xhtml+xml,*/*;q=0.8', 'image/png'])(
  'a client that accepts %s gets plain text',
  async (accept) => {
    const response = await fetch(`${app.url}/status/dummy`, { headers: { accept } });
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe("Job with given id doesn't exists : dummy");
  },
);

test.each(['/status/dummy', '/runs/dummy', '/nowhere', '/group/nowhere', '/runs?limit=0'])(
  'no cache may keep the error that %s is answered with',
  async (path) => {
    const response = await fetch(app.url + path);
    expect([response.status >= 400, response.headers.get('cache-control')]).toEqual([true, 'no-store']);
  },
);

test("the id of a job beyond the last of its run is 404, with the contract's text", async () => {
  const { 'Check job status at': paths } = (await (await post()).json()) as Record<string, string[]>;
  const beyond = paths![0]!.replace(/1$/, String(paths!.length + 1));
  for (const [path, method] of [
    [beyond, 'GET'],
    [`${beyond}/logs`, 'GET'],
    [`${beyond}/cancel`, 'POST'],
  ] as const) {
    const response = await fetch(app.url + path, { method });
    expect([response.status, await response.text()]).toEqual([404, "Job with given id doesn't exists : dummy"]);
  }
});

test('every problem of a group is an item of its own in Problem Details', async () => {
  await app.close();
  app = await startApp({}, 'groups:\n  bad:\n    jobs: { a: {}, b: { sleep: 5 } }');
  const response = await fetch(`${app.url}/group/bad`, { headers: { accept: 'application/json' } });
  expect(((await response.json()) as { problems: unknown }).problems).toEqual([
    { path: 'groups.bad.jobs.a', line: 3, message: expect.stringContaining('exactly one') },
    { path: 'groups.bad.jobs.b.sleep', line: 3, message: expect.stringContaining('expected object, got 5') },
  ]);
});

test('a well-formed X-Request-Id is kept in the response and in the log, any other is replaced', async () => {
  expect((await post({ 'X-Request-Id': 'order-17' })).headers.get('x-request-id')).toBe('order-17');
  expect(app.logged).toContainEqual(expect.objectContaining({ message: 'run accepted', request: 'order-17' }));
  const other = await post({ 'X-Request-Id': 'a b{"x":1}' });
  expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});
