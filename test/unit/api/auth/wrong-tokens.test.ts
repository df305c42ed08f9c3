import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import type { Request } from 'express';
import { kubernetesAuth } from '../../../../api/auth/kubernetes.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { unavailable } from '../../../support/memory-runs.ts';

let app: TestApp | undefined;
afterEach(async () => {
  jest.useRealTimers();
  await app?.close();
  app = undefined;
});

/** A cluster for which the token `valid…` is valid, that counts the reviews it is asked for. */
function cluster(answerTime: () => Promise<unknown> = setImmediate) {
  const counts = { reviews: 0, inFlight: 0, maxInFlight: 0, apiServerDownSeconds: 0 };
  const revoked = new Set<string>();
  const request = async <T>(_method: string, path: string, { body }: { body?: unknown } = {}) => {
    if (!path.endsWith('tokenreviews')) return { status: { allowed: true } } as T;
    const { token } = (body as { spec: { token: string } }).spec;
    counts.reviews += 1;
    counts.inFlight += 1;
    counts.maxInFlight = Math.max(counts.maxInFlight, counts.inFlight);
    await answerTime();
    counts.inFlight -= 1;
    const authenticated = token.startsWith('valid') && !revoked.has(token);
    return { status: authenticated ? { authenticated, user: { username: token } } : { authenticated } } as T;
  };
  const auth = kubernetesAuth({
    client: { request },
    namespace: 'ns',
    audiences: [],
    apiServerDownSeconds: () => counts.apiServerDownSeconds,
  });
  const ask = (token: string, ip = '10.0.0.1') =>
    auth.identify({ ip, get: () => `Bearer ${token}` } as unknown as Request).then(
      ({ name }) => name,
      (error) => error.status ?? error.name,
    );
  return { auth, ask, counts, revoked };
}

function fakeTimers(): void {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  // To lru-cache the time 0 means that an entry has no age.
  jest.advanceTimersByTime(1);
}

const asked = async (token?: string) =>
  (await fetch(`${app!.url}/groups`, { headers: token ? { authorization: `Bearer ${token}` } : {} })).status;

test('a new valid token is served beside 400 concurrent wrong ones of its address, with 16 reviews in flight', async () => {
  // So slow that requests arrive faster than reviews are answered.
  const { auth, counts } = cluster(() => sleep(20));
  app = await startApp({ auth });
  const wrong = Array.from({ length: 400 }, (_, i) => asked(`wrong-${i}`));
  const valid = Array.from({ length: 5 }, (_, i) => asked(`valid-${i}`));
  expect(await Promise.all(valid)).toEqual(Array(5).fill(200));
  expect(await Promise.all(wrong)).toEqual(Array(400).fill(401));
  expect(await asked('valid-new')).toBe(200);
  expect(counts).toMatchObject({ reviews: 406, maxInFlight: 16 });
});

test('requests without a token, and those with a token known to be wrong, cost no review and no limit', async () => {
  const { auth, counts } = cluster();
  app = await startApp({ auth });
  for (let i = 0; i < 40; i++)
    expect([await asked(), await asked('wrong'), await asked('not a token')]).toEqual([401, 401, 401]);
  expect(await asked('valid')).toBe(200);
  expect(counts.reviews).toBe(2);
});

test('a wrong token is asked about again after ten seconds, since it may be valid by then', async () => {
  const { ask, counts, revoked } = cluster();
  fakeTimers();
  revoked.add('valid-later');
  expect(await ask('valid-later')).toBe(401);
  revoked.clear();
  jest.advanceTimersByTime(9999);
  expect([await ask('valid-later'), counts.reviews]).toEqual([401, 1]);
  jest.advanceTimersByTime(2);
  expect([await ask('valid-later'), counts.reviews]).toEqual(['valid-later', 2]);
});

test('a revoked token is not valid in an outage either', async () => {
  const { ask, counts, revoked } = cluster();
  fakeTimers();
  expect([await ask('valid-a'), await ask('valid-b')]).toEqual(['valid-a', 'valid-b']);
  revoked.add('valid-a');
  jest.advanceTimersByTime(10_001);
  expect(await ask('valid-a')).toBe(401);
  jest.advanceTimersByTime(10_001);
  counts.apiServerDownSeconds = 9;
  expect([await ask('valid-a'), await ask('valid-b')]).toEqual([unavailable().name, 'valid-b']);
});

test('ten thousand wrong tokens do not make a valid one unknown', async () => {
  const { ask, counts } = cluster();
  await ask('valid');
  for (let i = 0; i < 10_001; i += 500)
    await Promise.all(Array.from({ length: 500 }, (_, k) => ask(`wrong-${i + k}`, `10.0.0.${k % 250}`)));
  const { reviews } = counts;
  expect([await ask('valid'), counts.reviews]).toEqual(['valid', reviews]);
});
