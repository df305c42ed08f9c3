import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { noAuth } from '../../../../api/auth/auth.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { unavailable } from '../../../support/memory-runs.ts';

const GROUPS = `groups:
  good:
    parameters: { DAY: { required: true, pattern: '\\d+' }, MODE: { default: fast } }
    jobs: { one: { sleep: { seconds: 1 } }, two: { log: { lines: 1 } } }
  broken: { jobs: { one: { sleep: { seconds: -1 } } } }
  empty: {}`;

let app: TestApp;
beforeEach(async () => {
  app = await startApp({}, GROUPS);
});
afterEach(() => app.close());

async function post(path: string, parameters?: object, headers: Record<string, string> = {}) {
  const body = parameters && JSON.stringify({ parameters });
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    ...(body && { body }),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test('a dry run answers with what would run, and starts nothing', async () => {
  const { status, text, headers } = await post('/group/good?dryRun=true', { DAY: '7' });
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual({ group: 'good', parameters: { DAY: '7', MODE: 'fast' }, jobs: ['one', 'two'] });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('location')).toBeNull();
  expect(app.runs.runs.size).toBe(0);
});

test('a dry run does not use up an Idempotency-Key, and looks at none', async () => {
  const key = { 'Idempotency-Key': 'k' };
  expect((await post('/group/good?dryRun=true', { DAY: '7' }, key)).status).toBe(200);
  expect((await post('/group/good', { DAY: '8' }, key)).status).toBe(202);
  expect((await post('/group/good?dryRun=true', { DAY: '7' }, key)).status).toBe(200);
});

test.each<[string, object | undefined]>([
  ['/group/good', {}],
  ['/group/good', { DAY: 'x' }],
  ['/group/good', { DAY: '7', OTHER: '1' }],
  ['/group/broken', undefined],
  ['/group/empty', undefined],
  ['/group/nowhere', undefined],
])('the dry run of a trigger that fails gets the same answer: POST %s %j', async (path, parameters) => {
  const [dry, wet] = [await post(`${path}?dryRun=true`, parameters), await post(path, parameters)];
  expect(dry.status).toBeGreaterThanOrEqual(400);
  expect([dry.status, dry.text]).toEqual([wet.status, wet.text]);
});

test('a dry run with a malformed Idempotency-Key is 400, as the trigger would be', async () => {
  for (const query of ['?dryRun=true', '']) {
    const { status } = await post(`/group/good${query}`, { DAY: '7' }, { 'Idempotency-Key': 'ü' });
    expect(status).toBe(400);
  }
});

test('a dry run is 403 without the right to trigger, 429 at a cap, and 503 while the API server does not respond', async () => {
  app.runs.failure = unavailable();
  expect((await post('/group/good?dryRun=true', { DAY: '7' })).status).toBe(503);
  await app.close();
  app = await startApp({ caps: { total: 0, perGroup: 1 } }, GROUPS);
  expect((await post('/group/good?dryRun=true', { DAY: '7' })).status).toBe(429);
  await app.close();
  app = await startApp({ auth: { ...noAuth, allows: async (_caller, verb) => verb === 'get' } }, GROUPS);
  expect((await post('/group/good?dryRun=true', { DAY: '7' })).status).toBe(403);
});

test.each(['1', 'True', 'All', '', 'true&dryRun=true'])('dryRun=%s is 400 and starts nothing', async (value) => {
  for (const method of ['GET', 'POST']) {
    expect((await fetch(`${app.url}/group/good?dryRun=${value}`, { method })).status).toBe(400);
  }
  expect(app.runs.runs.size).toBe(0);
});

test('dryRun=false triggers, and so does another query', async () => {
  for (const query of ['dryRun=false', 'other=1'])
    expect((await post(`/group/good?${query}`, { DAY: '7' })).status).toBe(202);
});

test('a GET with dryRun=true starts nothing', async () => {
  await app.close();
  app = await startApp();
  const response = await fetch(`${app.url}/group/good?dryRun=true`);
  expect([response.status, await response.json()]).toEqual([
    200,
    { group: 'good', parameters: {}, jobs: ['one', 'two'] },
  ]);
  expect(app.runs.runs.size).toBe(0);
});

test('a dry run counts as no trigger in the metrics', async () => {
  await app.close();
  const outcomes: string[] = [];
  app = await startApp({ metrics: { request: () => {}, trigger: (outcome) => void outcomes.push(outcome) } });
  await post('/group/good?dryRun=true');
  await post('/group/empty?dryRun=true');
  expect(outcomes).toEqual([]);
});
