import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConcurrencyLimit } from '../../../../api/hold/concurrency-limit.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { EventReader } from '../../../support/event-reader.ts';

let app: TestApp;
let stop: AbortController;
let longLivedLimit: ConcurrencyLimit;
beforeEach(async () => {
  stop = new AbortController();
  longLivedLimit = new ConcurrencyLimit({ total: 4, perCaller: 3 });
  app = await startApp({ stopping: stop.signal, longLivedLimit });
});
afterEach(() => app.close());

const start = async () => {
  const response = await fetch(`${app.url}/group/good`, { method: 'POST' });
  return response.headers.get('location')!.slice('/runs/'.length);
};
const timed = async (path: string) => {
  const from = performance.now();
  const response = await fetch(app.url + path);
  return { status: response.status, ms: performance.now() - from, body: (await response.json()) as { state: string } };
};
const jobOf = (runId: string) => `/status/${runId.slice(0, -1)}1`;
/** How many answers are held; the socket's end is seen a moment later. */
const held = async (expected: number) => {
  for (let i = 0; i < 100 && longLivedLimit.active !== expected; i++) await sleep(10);
  return longLivedLimit.active;
};

test('a wait is answered when the state is final, and not before', async () => {
  const runId = await start();
  const answer = timed(`${jobOf(runId)}?wait=20s`);
  await sleep(100);
  app.runs.setStates(runId, 'STARTED', 'STARTED');
  await sleep(100);
  app.runs.setStates(runId, 'SUCCESS', 'STARTED');
  const { ms, body } = await answer;
  expect(body.state).toBe('SUCCESS');
  expect(ms).toBeGreaterThan(180);
  expect(ms).toBeLessThan(5000);
  expect(await held(0)).toBe(0);
});

test('a wait whose time is up is answered with the state as it is', async () => {
  const runId = await start();
  const { ms, body } = await timed(`/runs/${runId}?wait=200ms`);
  expect(body.state).toBe('PENDING');
  expect(ms).toBeGreaterThan(190);
});

test.each(['x', '5', '61s', '-1s', '1h', '99999s'])('a wait of %s is refused', async (wait) => {
  const runId = await start();
  expect((await fetch(`${app.url}${jobOf(runId)}?wait=${wait}`)).status).toBe(400);
});

test('a wait ends at once when the service stops, or its caller goes', async () => {
  const runId = await start();
  const gone = new AbortController();
  const left = fetch(`${app.url}${jobOf(runId)}?wait=20s`, { signal: gone.signal }).catch(() => {});
  const stays = timed(`${jobOf(runId)}?wait=20s`);
  expect(await held(2)).toBe(2);
  gone.abort();
  await left;
  expect(await held(1)).toBe(1);
  stop.abort();
  expect((await stays).body.state).toBe('PENDING');
});

test.each(['?wait=50s', '/logs?follow=true', '/events'])(
  'who has gone while %s was looked up holds nothing open',
  async (what) => {
    const runId = await start();
    const { find } = app.runs;
    const gone = new AbortController();
    const looking = Promise.withResolvers<void>();
    app.runs.find = async (id) => {
      looking.resolve();
      await sleep(200);
      return find.call(app.runs, id);
    };
    const path = what === '/events' ? `/runs/${runId}${what}` : `${jobOf(runId)}${what}`;
    const left = fetch(app.url + path, { signal: gone.signal }).catch(() => {});
    await looking.promise;
    gone.abort();
    await left;
    await sleep(400);
    expect(await held(0)).toBe(0);
  },
);

test('events tell each change, and end with the run', async () => {
  const runId = await start();
  const events = await EventReader.open(`${app.url}/runs/${runId}/events`);
  expect((await events.next())?.event).toBe('run');
  app.runs.setStates(runId, 'STARTED', 'PENDING');
  expect(JSON.parse((await events.next())!.data)).toMatchObject({ name: 'one', state: 'STARTED' });
  expect(JSON.parse((await events.next())!.data)).toMatchObject({ id: runId, state: 'STARTED' });
  app.runs.setStates(runId, 'SUCCESS', 'FAILURE');
  const rest = [];
  for (let one = await events.next(); one; one = await events.next()) rest.push(one);
  expect(rest.map(({ event, data }) => `${event} ${JSON.parse(data).state}`)).toEqual([
    'job SUCCESS',
    'job FAILURE',
    'run FAILURE',
  ]);
  expect(await held(0)).toBe(0);
});

test('who comes back with Last-Event-ID is told what changed meanwhile, and 204 when all was told', async () => {
  const runId = await start();
  app.runs.setStates(runId, 'STARTED', 'STARTED');
  const first = await EventReader.open(`${app.url}/runs/${runId}/events`);
  const one = await first.next();
  expect(JSON.parse(one!.data)).toMatchObject({ name: 'one', state: 'STARTED' });
  first.close();
  app.runs.setStates(runId, 'STARTED', 'SUCCESS');
  const second = await EventReader.open(`${app.url}/runs/${runId}/events`, one!.id);
  expect(JSON.parse((await second.next())!.data)).toMatchObject({ name: 'two', state: 'SUCCESS' });
  app.runs.setStates(runId, 'SUCCESS', 'SUCCESS');
  let last = '';
  for (let each = await second.next(); each; each = await second.next()) last = each.id;
  const again = await fetch(`${app.url}/runs/${runId}/events`, { headers: { 'Last-Event-ID': last } });
  expect(again.status).toBe(204);
});

test.each(['', '?follow=true'])('a log%s that a stop cuts short does not look complete', async (query) => {
  await app.close();
  const endless = async function* () {
    for (;;) {
      yield new TextEncoder().encode('line\n');
      await sleep(50);
    }
  };
  const logs = { pods: async () => ['pod'], read: async () => endless() };
  app = await startApp({ stopping: stop.signal, longLivedLimit, logs });
  const runId = await start();
  const response = await fetch(`${app.url}${jobOf(runId)}/logs${query}`);
  const reader = response.body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^line/);
  stop.abort();
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow();
  expect(await held(0)).toBe(0);
});

test('who follows a job is not kept by an attempt of which no log is left', async () => {
  await app.close();
  const lines = async function* () {
    yield new TextEncoder().encode('of the second attempt\n');
  };
  const logs = {
    pods: async () => ['evicted', 'second'],
    read: async (pod: string) => (pod === 'second' ? lines() : undefined),
  };
  app = await startApp({ stopping: stop.signal, longLivedLimit, logs });
  const runId = await start();
  app.runs.setStates(runId, 'SUCCESS', 'SUCCESS');
  const response = await fetch(`${app.url}${jobOf(runId)}/logs?follow=true`);
  expect(await response.text()).toBe('of the second attempt\n');
});

test('events of a message with line breaks are still one event each', async () => {
  const runId = await start();
  app.runs.setStates(runId, 'FAILURE', 'SUCCESS');
  const run = app.runs.runs.get(runId)!;
  run.status!.jobs![0]!.message = 'one\n\nevent: run\ndata: {}\r\n\r\nid: x';
  const events = await EventReader.open(`${app.url}/runs/${runId}/events`);
  const all = [];
  for (let one = await events.next(); one; one = await events.next()) all.push(one);
  expect(all.map(({ event }) => event)).toEqual(['job', 'job', 'run']);
});

test('who holds too many answers open is refused with Retry-After, and has room again when one ends', async () => {
  const runId = await start();
  const open = await Promise.all([1, 2, 3].map(() => EventReader.open(`${app.url}/runs/${runId}/events`)));
  const refused = await fetch(`${app.url}${jobOf(runId)}?wait=1s`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
  open[0]!.close();
  expect(await held(2)).toBe(2);
  open.push(await EventReader.open(`${app.url}/runs/${runId}/events`));
  stop.abort();
  for (const events of open.slice(1)) while (await events.next());
  expect(await held(0)).toBe(0);
});

test('the long-lived responses of all callers together are bounded too', () => {
  for (const caller of ['a', 'a', 'b', 'b']) longLivedLimit.acquire(caller);
  expect(() => longLivedLimit.acquire('c')).toThrow(expect.objectContaining({ status: 503 }));
});
