import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ConcurrencyLimit } from '../../../../api/hold/concurrency-limit.ts';
import type { JobPod } from '../../../../api/runs/job-logs.ts';
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
afterEach(async () => {
  jest.useRealTimers();
  await app.close();
});

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
/** The number of open long-lived responses. Waits for `expected`, since a closed socket is noticed a moment later. */
const openResponses = async (expected: number) => {
  for (let i = 0; i < 100 && longLivedLimit.active !== expected; i++) await sleep(10);
  return longLivedLimit.active;
};

test('a wait ends when the state is terminal, and not before', async () => {
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
  expect(await openResponses(0)).toBe(0);
});

test('a wait that times out gets the current state', async () => {
  const runId = await start();
  const { ms, body } = await timed(`/runs/${runId}?wait=200ms`);
  expect(body.state).toBe('PENDING');
  expect(ms).toBeGreaterThan(190);
});

test.each(['x', '5', '61s', '-1s', '1h', '99999s'])('?wait=%s is 400', async (wait) => {
  const runId = await start();
  expect((await fetch(`${app.url}${jobOf(runId)}?wait=${wait}`)).status).toBe(400);
});

test('a wait ends at once when the service stops or the client disconnects', async () => {
  // Time stands still for the service: no timer of a wait can end it.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
  const runId = await start();
  const client = new AbortController();
  const disconnected = fetch(`${app.url}${jobOf(runId)}?wait=20s`, { signal: client.signal }).catch(() => {});
  const waiting = timed(`${jobOf(runId)}?wait=20s`);
  expect(await openResponses(2)).toBe(2);
  client.abort();
  await disconnected;
  expect(await openResponses(1)).toBe(1);
  stop.abort();
  const ended = await Promise.race([waiting, sleep(10_000, undefined, { ref: false })]);
  expect(ended?.body.state).toBe('PENDING');
});

test.each(['?wait=50s', '/logs?follow=true', '/events'])(
  'a client that disconnects during the lookup for %s leaves no response open',
  async (what) => {
    const runId = await start();
    const { find } = app.runs;
    const client = new AbortController();
    const lookup = Promise.withResolvers<void>();
    app.runs.find = async (id) => {
      lookup.resolve();
      await sleep(200);
      return find.call(app.runs, id);
    };
    const path = what === '/events' ? `/runs/${runId}${what}` : `${jobOf(runId)}${what}`;
    const disconnected = fetch(app.url + path, { signal: client.signal }).catch(() => {});
    await lookup.promise;
    client.abort();
    await disconnected;
    await sleep(400);
    expect(await openResponses(0)).toBe(0);
  },
);

test('each change is an event, and the stream ends with the run', async () => {
  const runId = await start();
  const events = await EventReader.open(`${app.url}/runs/${runId}/events`);
  expect((await events.next())?.event).toBe('run');
  app.runs.setStates(runId, 'STARTED', 'PENDING');
  expect(JSON.parse((await events.next())!.data)).toMatchObject({ name: 'one', state: 'STARTED' });
  expect(JSON.parse((await events.next())!.data)).toMatchObject({ id: runId, state: 'STARTED' });
  app.runs.setStates(runId, 'SUCCESS', 'FAILURE');
  const rest = [];
  for (let event = await events.next(); event; event = await events.next()) rest.push(event);
  expect(rest.map(({ event, data }) => `${event} ${JSON.parse(data).state}`)).toEqual([
    'job SUCCESS',
    'job FAILURE',
    'run FAILURE',
  ]);
  expect(await openResponses(0)).toBe(0);
});

test('a client that reconnects with Last-Event-ID gets what changed meanwhile, and 204 after the last event', async () => {
  const runId = await start();
  app.runs.setStates(runId, 'STARTED', 'STARTED');
  const first = await EventReader.open(`${app.url}/runs/${runId}/events`);
  const event = await first.next();
  expect(JSON.parse(event!.data)).toMatchObject({ name: 'one', state: 'STARTED' });
  first.close();
  app.runs.setStates(runId, 'STARTED', 'SUCCESS');
  const second = await EventReader.open(`${app.url}/runs/${runId}/events`, event!.id);
  expect(JSON.parse((await second.next())!.data)).toMatchObject({ name: 'two', state: 'SUCCESS' });
  app.runs.setStates(runId, 'SUCCESS', 'SUCCESS');
  let last = '';
  for (let next = await second.next(); next; next = await second.next()) last = next.id;
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
  const pods = async () => [{ name: 'pod', startedAt: 0 }];
  const logs = { pods, sharedPods: pods, read: async () => ({ text: endless() }) };
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
  expect(await openResponses(0)).toBe(0);
});

test('following a job skips an attempt whose log is gone', async () => {
  await app.close();
  const lines = async function* () {
    yield new TextEncoder().encode('of the second attempt\n');
  };
  const pods = async () => ['evicted', 'second'].map((name) => ({ name, startedAt: 0 }));
  const logs = {
    pods,
    sharedPods: pods,
    read: async ({ name }: JobPod) => (name === 'second' ? { text: lines() } : undefined),
  };
  app = await startApp({ stopping: stop.signal, longLivedLimit, logs });
  const runId = await start();
  app.runs.setStates(runId, 'SUCCESS', 'SUCCESS');
  const response = await fetch(`${app.url}${jobOf(runId)}/logs?follow=true`);
  expect(await response.text()).toBe('of the second attempt\n');
});

test('a message with line breaks stays within its event', async () => {
  const runId = await start();
  app.runs.setStates(runId, 'FAILURE', 'SUCCESS');
  const run = app.runs.runs.get(runId)!;
  run.status!.jobs![0]!.message = 'one\n\nevent: run\ndata: {}\r\n\r\nid: x';
  const events = await EventReader.open(`${app.url}/runs/${runId}/events`);
  const all = [];
  for (let event = await events.next(); event; event = await events.next()) all.push(event);
  expect(all.map(({ event }) => event)).toEqual(['job', 'job', 'run']);
});

test('a caller with too many open responses gets 429 with Retry-After until one of them ends', async () => {
  const runId = await start();
  const open = await Promise.all([1, 2, 3].map(() => EventReader.open(`${app.url}/runs/${runId}/events`)));
  const rejected = await fetch(`${app.url}${jobOf(runId)}?wait=1s`);
  expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([429, '5']);
  open[0]!.close();
  expect(await openResponses(2)).toBe(2);
  open.push(await EventReader.open(`${app.url}/runs/${runId}/events`));
  stop.abort();
  for (const events of open.slice(1)) while (await events.next());
  expect(await openResponses(0)).toBe(0);
});

test('the long-lived responses of all callers together are limited too', () => {
  for (const caller of ['a', 'a', 'b', 'b']) longLivedLimit.acquire(caller);
  expect(() => longLivedLimit.acquire('c')).toThrow(expect.objectContaining({ status: 503 }));
});
