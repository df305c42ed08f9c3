// Real: the rules and the loop. Not real: the calls, which fail as the tests say, the sleeps and the random jitter.
import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../kube/api-error.ts';
import { FencedError } from '../../../kube/fenced-error.ts';
import { mayRetry, withRetries } from '../../../kube/retry.ts';

const answered = (code: number, reason = '', retryAfterSeconds?: number) =>
  new ApiError(code, reason, `answered with ${code}`, retryAfterSeconds);
const broken = (code: string) => Object.assign(new Error(code), { code });

describe('a failed try is retried', () => {
  test.each([
    ['of a POST: 429, rejected before processing', 'POST', false, answered(429, 'TooManyRequests')],
    ['of a POST: 409 Conflict, a lost race for a quota', 'POST', false, answered(409, 'Conflict')],
    ['of a POST: connection refused', 'POST', false, broken('ECONNREFUSED')],
    ['of a POST: no connection in time', 'POST', false, broken('UND_ERR_CONNECT_TIMEOUT')],
    ['of an idempotent call: 500', 'GET', true, answered(500)],
    ['of an idempotent call: 504', 'PATCH', true, answered(504)],
    ['of an idempotent call: broken connection', 'GET', true, broken('ECONNRESET')],
    ['of an idempotent call: timeout', 'GET', true, new Error('no answer within 10000 ms')],
  ])('%s', (_what, method, idempotent, error) => {
    expect(mayRetry(method, idempotent, error)).toBe(true);
  });
});

describe('a failed try is not retried', () => {
  test.each([
    ['of a POST that may have had an effect: 500', 'POST', false, answered(500)],
    ['of a POST that may have had an effect: 504', 'POST', false, answered(504)],
    ['of a POST that may have had an effect: broken connection', 'POST', false, broken('ECONNRESET')],
    ['of a POST that may have had an effect: socket closed', 'POST', false, broken('UND_ERR_SOCKET')],
    ['of a POST that may have had an effect: timeout', 'POST', false, new Error('no answer within 10000 ms')],
    ['of a POST: 409 AlreadyExists', 'POST', false, answered(409, 'AlreadyExists')],
    ['of a PATCH: 409 Conflict, decided on an old version', 'PATCH', true, answered(409, 'Conflict')],
    ['of an idempotent call that the fence refused to send', 'PATCH', true, new FencedError('does not lead')],
    ['of an idempotent call: 403', 'GET', true, answered(403)],
  ])('%s', (_what, method, idempotent, error) => {
    expect(mayRetry(method, idempotent, error)).toBe(false);
  });
});

/** Runs a GET whose tries fail with these errors and then succeed; counts tries and sleeps. */
async function attempt(errors: Error[], { random = 0.5, stop = new AbortController() } = {}) {
  let tries = 0;
  const slept: number[] = [];
  const once = async () => {
    tries += 1;
    const error = errors.shift();
    if (error) throw error;
    return 'done';
  };
  const result = await withRetries(once, {
    method: 'GET',
    idempotent: true,
    signal: stop.signal,
    sleep: async (ms) => void slept.push(ms),
    random: () => random,
  }).catch((error: Error) => error);
  return { result, tries, slept };
}

describe('the retries', () => {
  test('are at most two, and the last error is thrown', async () => {
    const last = answered(503);
    expect(await attempt([answered(500), answered(502), last])).toMatchObject({ result: last, tries: 3 });
  });

  test('come after a backoff that doubles, with jitter of half of it', async () => {
    expect(await attempt([answered(500), answered(500)])).toEqual({ result: 'done', tries: 3, slept: [200, 400] });
    expect((await attempt([answered(500)], { random: 0 })).slept).toEqual([100]);
  });

  test('come no sooner than Retry-After', async () => {
    expect((await attempt([answered(429, '', 7), answered(503, '', 1)])).slept).toEqual([7000, 1000]);
  });

  test('end where Retry-After is longer than a worker may sleep', async () => {
    const error = answered(429, '', 11);
    expect(await attempt([error])).toEqual({ result: error, tries: 1, slept: [] });
  });

  test('end when the caller aborts', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await attempt([answered(503)], { stop })).toMatchObject({ tries: 1, slept: [] });
  });
});
