import { expect, test } from '@jest/globals';
import { createClient } from '../../../client/index.ts';
import { type RetryOptions, retryingFetch } from '../../../client/retry.ts';

const refused = () => {
  throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:5100') });
};
const answer = (status: number, headers: Record<string, string> = {}) => new Response('', { status, headers });

/** What a client does with these answers, the last of them for ever, and how long it paused between. */
async function outcome(answers: (() => Response)[], options: RetryOptions = {}) {
  const pauses: number[] = [];
  const told: string[] = [];
  let tries = 0;
  const repeating = retryingFetch(async () => answers[Math.min(tries++, answers.length - 1)]!(), {
    sleep: async (ms) => void pauses.push(ms),
    random: () => 0,
    now: () => Date.parse('2026-11-25T12:00:00Z'),
    onRetry: (why) => told.push(why),
    ...options,
  });
  const status = await repeating('/runs').then(
    (response) => response.status,
    (error: Error) => error.message,
  );
  return { status, tries, pauses, told };
}

test('an answer that passes is asked for again, with pauses that double', async () => {
  expect(await outcome([refused, () => answer(503), () => answer(502), () => answer(200)])).toEqual({
    status: 200,
    tries: 4,
    pauses: [250, 500, 1000],
    told: ['connect ECONNREFUSED 127.0.0.1:5100', '503', '502'],
  });
});

test('the tries are bounded, and the last error stays', async () => {
  expect(await outcome([refused], { maxTries: 3 })).toMatchObject({ status: 'fetch failed', tries: 3 });
  expect(await outcome([() => answer(503)], { maxTries: 3 })).toMatchObject({ status: 503, tries: 3 });
});

test.each([
  ['a number of seconds', '7', 7_025],
  ['a date', 'Wed, 25 Nov 2026 12:00:09 GMT', 9_025],
])('Retry-After counts as %s', async (_what, after, pauseMs) => {
  const { status, pauses } = await outcome([() => answer(429, { 'Retry-After': after }), () => answer(200)]);
  expect({ status, pauses }).toEqual({ status: 200, pauses: [pauseMs] });
});

test('a Retry-After of more than a minute is not waited for', async () => {
  expect(await outcome([() => answer(503, { 'Retry-After': '61' })])).toMatchObject({ status: 503, tries: 1 });
});

test.each([400, 401, 403, 404, 409, 410, 422, 500])('a %i is not asked for again', async (status) => {
  expect(await outcome([() => answer(status)])).toMatchObject({ status, tries: 1 });
});

test('random pauses differ, up to double', async () => {
  expect((await outcome([() => answer(503), () => answer(200)], { random: () => 0.99 })).pauses[0]).toBeCloseTo(497.5);
});

test('an abort ends the pause and the tries', async () => {
  const abort = new AbortController();
  let tries = 0;
  const repeating = retryingFetch(
    async () => {
      tries += 1;
      abort.abort(new Error('enough'));
      return answer(503, { 'Retry-After': '50' });
    },
    { onRetry: () => {} },
  );
  await expect(repeating('/runs', { signal: abort.signal })).rejects.toThrow('enough');
  expect(tries).toBe(1);
});

test('each try of a trigger has the same key, and each trigger another', async () => {
  const keys: (string | null)[] = [];
  let calls = 0;
  const client = createClient({
    server: 'http://service.example/',
    fetch: async (url, init) => {
      expect(url).toBe('http://service.example/group/good');
      keys.push(new Headers(init?.headers).get('Idempotency-Key'));
      if (calls++ % 2 === 0) return answer(503);
      return Response.json({ 'Check job status at': ['/status/78b9d1a2-3c4d-4e5f-8a6b-000000000001'] });
    },
    retry: { sleep: async () => {} },
  });
  const ids = [await client.trigger('good', {}), await client.trigger('good', {})];
  expect(ids).toEqual(Array(2).fill('78b9d1a2-3c4d-4e5f-8a6b-000000000000'));
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect([keys[1], keys[3]]).toEqual([keys[0], keys[2]]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('a redirect is not followed with the token, and the error says where it leads', async () => {
  const client = createClient({
    server: 'http://service.example',
    fetch: async (_url, init) => {
      expect(init?.redirect).toBe('manual');
      return answer(308, { Location: 'https://service.example/me' });
    },
  });
  await expect(client.me()).rejects.toMatchObject({
    status: 308,
    message: expect.stringContaining('redirects to https://service.example/me'),
  });
});
