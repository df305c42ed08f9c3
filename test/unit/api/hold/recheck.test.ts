import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { noAuth, unauthorized } from '../../../../api/auth/auth.ts';
import { ConcurrencyLimit } from '../../../../api/hold/concurrency-limit.ts';
import { HttpError } from '../../../../api/http/http-error.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { unavailable } from '../../../support/memory-runs.ts';

let app: TestApp;
afterEach(() => app.close());

/** A service that checks open responses each 20 ms, and a run there. `fault` is what the check of a token throws. */
async function serve() {
  const state = { fault: undefined as Error | undefined, allowed: true, checks: 0 };
  const longLivedLimit = new ConcurrencyLimit({ total: 9, perCaller: 9 });
  const endless = async function* () {
    for (;;) {
      yield new TextEncoder().encode('line\n');
      await sleep(5);
    }
  };
  const pods = async () => [{ name: 'pod', startedAt: 0 }];
  app = await startApp({
    recheckMs: 20,
    longLivedLimit,
    logs: { pods, sharedPods: pods, read: async () => ({ text: endless() }) },
    auth: {
      identify: async (request) => {
        state.checks += 1;
        if (state.fault) throw state.fault;
        return noAuth.identify(request);
      },
      allows: async () => state.allowed,
    },
  });
  const started = await fetch(`${app.url}/group/good`, { method: 'POST' });
  const run = started.headers.get('location')!;
  return { state, longLivedLimit, run, job: run.replace('/runs', '/status').replace(/0$/, '1') };
}

/** Resolves with how the body ended: `end`, or `cut` if it looks incomplete. */
async function endOf(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  try {
    while (!(await reader.read()).done);
    return 'end';
  } catch {
    return 'cut';
  }
}

type State = Awaited<ReturnType<typeof serve>>['state'];
const losses: [string, Partial<State>][] = [
  ['the token is revoked', { fault: unauthorized('Expected another token.') }],
  ['the role is taken away', { allowed: false }],
];

describe.each(losses)('when %s', (_how, loss) => {
  test('an open event stream ends, and a followed log is cut off as incomplete', async () => {
    const { state, longLivedLimit, run, job } = await serve();
    const events = await fetch(`${app.url}${run}/events`);
    const logs = await fetch(`${app.url}${job}/logs?follow=true`);
    const ends = Promise.all([events, logs].map(endOf));
    await sleep(100);
    expect(longLivedLimit.active).toBe(2);
    Object.assign(state, loss);
    expect(await ends).toEqual(['end', 'cut']);
    expect(longLivedLimit.active).toBe(0);
    expect(app.logged).toContainEqual(
      expect.objectContaining({ message: 'the caller lost the right to an open response' }),
    );
  });
});

test.each([
  ['an outage', unavailable()],
  ['a limit', new HttpError(429, 'Too many.')],
  ['a missing role of the API', new HttpError(503, 'No role.')],
  ['a bug', new TypeError('x')],
])('%s in a check ends nothing, and a later check does', async (_what, fault) => {
  const { state, longLivedLimit, run, job } = await serve();
  const ends = Promise.all(
    (await Promise.all([fetch(`${app.url}${run}/events`), fetch(`${app.url}${job}/logs?follow=true`)])).map(endOf),
  );
  state.fault = fault;
  const { checks } = state;
  while (state.checks < checks + 10) await sleep(10);
  expect(longLivedLimit.active).toBe(2);
  state.fault = unauthorized('Expected another token.');
  expect(await ends).toEqual(['end', 'cut']);
});

test('a run that is protected from its caller meanwhile ends its events', async () => {
  const { state, run } = await serve();
  const events = endOf(await fetch(`${app.url}${run}/events`));
  app.runs.newest.metadata.annotations!['async-api.dev/allow'] = '[["bob"]]';
  expect(await events).toBe('end');
  expect(state.checks).toBeGreaterThan(1);
});

test('a response that has ended is not checked any more', async () => {
  const { state, longLivedLimit, run } = await serve();
  const gone = new AbortController();
  await fetch(`${app.url}${run}/events`, { signal: gone.signal });
  while (state.checks < 4) await sleep(10);
  gone.abort();
  while (longLivedLimit.active > 0) await sleep(10);
  const { checks } = state;
  await sleep(100);
  expect(state.checks).toBe(checks);
});
