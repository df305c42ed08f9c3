import { afterEach, describe, expect, test } from '@jest/globals';
import type { Auth } from '../../../../api/auth/auth.ts';
import { HttpError } from '../../../../api/http/http-error.ts';
import { ActiveRuns, checkCaps } from '../../../../api/runs/active-runs.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

describe('active runs', () => {
  test('are the unfinished runs in the cache, and reservations for runs that are not in it yet', () => {
    const active = new ActiveRuns();
    active.observe('1', 'a');
    active.observe('2', 'b');
    const release = active.reserve('3', 'a');
    expect([active.total, active.inGroup('a'), active.inGroup('b')]).toEqual([3, 2, 1]);
    active.observe('3', 'a');
    release();
    expect(active.inGroup('a')).toBe(2);
    active.observe('3', undefined);
    active.observe('1', undefined);
    active.observe('1', undefined);
    expect([active.total, active.inGroup('a')]).toEqual([1, 0]);
  });

  test('do not include a released reservation', () => {
    const active = new ActiveRuns();
    active.reserve('1', 'a')();
    expect([active.total, active.inGroup('a')]).toEqual([0, 0]);
  });

  test('are capped per group and in total', () => {
    const active = new ActiveRuns();
    active.observe('1', 'a');
    active.observe('2', 'b');
    expect(() => checkCaps(active, { total: 9, perGroup: 1 }, 'a')).toThrow(/at most 1 runs of group a/);
    expect(() => checkCaps(active, { total: 2, perGroup: 9 }, 'c')).toThrow(/at most 2 runs at a time/);
    checkCaps(active, { total: 3, perGroup: 1 }, 'c');
  });
});

let app: TestApp;
afterEach(() => app?.close());

const byHeader: Auth = {
  identify: async (request) => {
    const name = request.get('x-test-name');
    if (!name) throw new HttpError(401, 'Expected a name.');
    return { name, groups: name === 'carol' ? ['team'] : [] };
  },
  allows: async ({ name }, verb, group) => name !== 'reader' || verb === 'get' || group === 'own',
};
const as = (name: string, path: string, method = 'GET') =>
  fetch(app.url + path, { method, headers: { 'X-Test-Name': name } });

test('an accepted run is replayed even when a cap is reached', async () => {
  app = await startApp({ caps: { total: 1, perGroup: 1 } });
  const post = (key: string) => fetch(`${app.url}/group/good`, { method: 'POST', headers: { 'Idempotency-Key': key } });
  expect((await post('a')).status).toBe(202);
  expect((await post('a')).status).toBe(202);
  const refused = await post('b');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
});

test('a caller above its rate gets 429 with Retry-After, and others are not affected', async () => {
  app = await startApp({ auth: byHeader, rate: { perSecond: 0.01, burst: 2 } });
  expect((await as('alice', '/groups')).status).toBe(200);
  expect((await as('alice', '/groups')).status).toBe(200);
  const refused = await as('alice', '/groups');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await as('bob', '/groups')).status).toBe(200);
});

const ALLOW = `groups:
  open: { jobs: { j: { sleep: { seconds: 1 } } } }
  team: { allow: [group:team, dave], jobs: { j: { sleep: { seconds: 1 } } } }
  broken: { allow: team, jobs: {} }
`;

test("only callers in a group's allow may trigger it, and see, cancel and repeat its runs", async () => {
  app = await startApp({ auth: byHeader }, ALLOW);
  const started = await as('carol', '/group/team', 'POST');
  expect(started.status).toBe(202);
  const run = started.headers.get('location')!;
  const job = `/status/${run.slice('/runs/'.length, -1)}1`;
  for (const name of ['carol', 'dave']) expect((await as(name, job)).status).toBe(200);
  for (const [path, method] of [
    ['/group/team', 'POST'],
    ['/group/team', 'GET'],
    [run, 'GET'],
    [job, 'GET'],
    [`${job}?wait=1s`, 'GET'],
    [`${run}/events`, 'GET'],
    [`${run}/cancel`, 'POST'],
    [`${job}/cancel`, 'POST'],
    [`${run}/rerun`, 'POST'],
  ] as const) {
    const refused = await as('alice', path, method);
    expect([path, refused.status, await refused.text()]).toEqual([path, 403, expect.stringContaining('alice may not')]);
  }
  expect(app.runs.runs.size).toBe(1);
  const groups = async (name: string) =>
    ((await (await as(name, '/groups')).json()) as { groups: { name: string }[] }).groups.map((group) => group.name);
  expect(await groups('alice')).toEqual(['open']);
  expect(await groups('carol')).toEqual(['open', 'team']);
  const listed = async (name: string) => ((await (await as(name, '/runs')).json()) as { runs: [] }).runs.length;
  expect([await listed('carol'), await listed('alice')]).toEqual([1, 0]);
});

test('a caller with the name of a permitted group of callers is not permitted', async () => {
  app = await startApp({ auth: byHeader }, ALLOW);
  for (const name of ['team', 'group:team']) expect((await as(name, '/group/team', 'POST')).status).toBe(403);
});

test('a group too large for one Kubernetes object is 422, with the limit', async () => {
  const jobs = Array.from({ length: 1000 }, (_, i) => `j${i}: { container: { image: ${'i'.repeat(512)} } }`);
  app = await startApp({}, `groups: { large: { jobs: { ${jobs.join(', ')} } } }`);
  const response = await fetch(`${app.url}/group/large`, { method: 'POST' });
  expect([response.status, await response.text()]).toEqual([
    422,
    expect.stringMatching(/^Expected at most 600000 bytes/),
  ]);
  expect(app.runs.runs.size).toBe(0);
});

test('a caller who may only see a group can neither trigger it, nor cancel or repeat its runs', async () => {
  app = await startApp({ auth: byHeader }, ALLOW);
  const run = (await as('alice', '/group/open', 'POST')).headers.get('location')!;
  expect((await as('reader', run)).status).toBe(200);
  for (const path of [`${run}/cancel`, `${run}/rerun`, '/group/open']) {
    expect([path, (await as('reader', path, 'POST')).status]).toEqual([path, 403]);
  }
});

test('every path but those of the health checks requires authentication', async () => {
  app = await startApp({ auth: byHeader });
  for (const path of ['/groups', '/runs', '/status/dummy', '/nowhere', '/group/good']) {
    expect([path, (await fetch(app.url + path)).status]).toEqual([path, 401]);
  }
  for (const path of ['/livez', '/readyz']) expect((await fetch(app.url + path)).status).toBe(200);
});

test('a POST from a page of another site is 403, by its Origin if Sec-Fetch-Site is missing (CSRF)', async () => {
  app = await startApp();
  const { host } = new URL(app.url);
  const post = async (headers: Record<string, string>) => {
    const request = { method: 'POST', headers };
    return (await fetch(`${app.url}/group/good`, request)).status;
  };
  for (const origin of ['https://evil.example', 'null', `http://${host}.evil.example`, 'http://127.0.0.1:1']) {
    expect([origin, await post({ origin })]).toEqual([origin, 403]);
  }
  expect(app.runs.runs.size).toBe(0);
  expect(await post({ origin: `http://${host}` })).toBe(202);
  expect(await post({})).toBe(202);
});

test('a path that cannot be the name of a group is 404 before authorization', async () => {
  let asked = 0;
  app = await startApp({ auth: { ...byHeader, allows: async () => ++asked > 0 } });
  const response = await as('alice', `/group/${'x'.repeat(5000)}`, 'POST');
  expect([response.status, asked]).toEqual([404, 0]);
  expect((await response.text()).length).toBeLessThan(200);
});

test('while the cache is out of date, responses from it have Age and Warning', async () => {
  app = await startApp();
  const run = (await fetch(`${app.url}/group/good`, { method: 'POST' })).headers.get('location')!;
  const fresh = await fetch(app.url + run);
  expect([fresh.headers.get('age'), fresh.headers.get('warning')]).toEqual([null, null]);
  app.runs.cacheAgeSeconds = 17;
  for (const path of [run, '/runs', `/status/${run.slice('/runs/'.length, -1)}1`]) {
    const old = await fetch(app.url + path);
    expect([old.status, old.headers.get('age'), old.headers.get('warning')]).toEqual([
      200,
      '17',
      '110 async-api "Response is Stale"',
    ]);
  }
});
