import { afterEach, expect, test } from '@jest/globals';
import type { Request, Response } from 'express';
import { type Auth, noAuth, unauthorized } from '../../../../api/auth/auth.ts';
import { identify } from '../../../../api/auth/identify.ts';
import type { HttpError } from '../../../../api/http/http-error.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { unavailable } from '../../../support/memory-runs.ts';

let app: TestApp;
afterEach(() => app?.close());

const get = async (headers: Record<string, string>) => (await fetch(`${app.url}/groups`, { headers })).status;

/** The statuses of 40 requests, one after the other. */
async function statuses(headers: (i: number) => Record<string, string>): Promise<number[]> {
  const all = [];
  for (let i = 0; i < 40; i++) all.push(await get(headers(i)));
  return all;
}

const withIdentify = (identify: Auth['identify']): Auth => ({ ...noAuth, identify });

test('a token that was valid and is not any more counts as a failure', async () => {
  let isRevoked = false;
  let asked = 0;
  const auth = withIdentify(async () => {
    asked += 1;
    if (isRevoked) throw unauthorized('Expected another token.');
    return { name: 'alice', groups: [] };
  });
  app = await startApp({ auth });
  const authorization = 'Bearer once-valid';
  expect(await get({ authorization })).toBe(200);
  isRevoked = true;
  const answers = await statuses(() => ({ authorization }));
  expect([answers[0], answers.at(-1)]).toEqual([401, 429]);
  expect(asked).toBeLessThan(30);
});

test('an outage of the token issuer does not count as a failure of the caller', async () => {
  app = await startApp({ auth: withIdentify(() => Promise.reject(unavailable())) });
  const answers = await statuses((i) => ({ authorization: `Bearer any-${i}` }));
  expect(answers).toEqual(Array(40).fill(503));
});

test('a valid token skips the limit of its address after an outage too', async () => {
  let isDown = false;
  const auth = withIdentify(async (request) => {
    if (isDown) throw unavailable();
    if (request.get('authorization') !== 'Bearer valid') throw unauthorized('Expected another token.');
    return { name: 'alice', groups: [] };
  });
  app = await startApp({ auth });
  const valid = { authorization: 'Bearer valid' };
  expect(await get(valid)).toBe(200);
  isDown = true;
  expect(await get(valid)).toBe(503);
  isDown = false;
  expect((await statuses((i) => ({ authorization: `Bearer guess-${i}` }))).at(-1)).toBe(429);
  expect(await get(valid)).toBe(200);
});

test('callers without a name have a rate for each address', async () => {
  app = await startApp({ proxies: 1, rate: { perSecond: 0.01, burst: 2 } });
  const from = (address: string) => get({ 'X-Forwarded-For': address });
  expect([await from('10.0.0.1'), await from('10.0.0.1'), await from('10.0.0.1')]).toEqual([200, 200, 429]);
  expect(await from('10.0.0.2')).toBe(200);
});

test('a caller with a name has one rate at all addresses', async () => {
  const auth = withIdentify(async () => ({ name: 'alice', groups: [] }));
  app = await startApp({ auth, proxies: 1, rate: { perSecond: 0.01, burst: 2 } });
  const from = (address: string) => get({ 'X-Forwarded-For': address });
  expect([await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.3')]).toEqual([200, 200, 429]);
});

test('the ten thousand valid tokens used last skip the limit of failures of their address', async () => {
  const auth = withIdentify(async (request) => {
    if (request.get('authorization')?.startsWith('wrong')) throw unauthorized('Expected another token.');
    return { name: 'alice', groups: [] };
  });
  const handler = identify({ auth });
  const send = async (authorization: string) => {
    const request = { ip: '10.0.0.1', get: () => authorization } as unknown as Request;
    const response = { locals: { context: {} } } as unknown as Response;
    const status = (error: HttpError) => error.status;
    return Promise.resolve(handler(request, response, () => {})).then(() => 200, status);
  };
  for (let i = 0; i < 10_000; i++) await send(`${i}`);
  await send('0');
  await send('10000');
  for (let i = 0; i < 40; i++) await send(`wrong-${i}`);
  expect(await Promise.all(['0', '1', '2', '9999', '10000'].map(send))).toEqual([200, 429, 200, 200, 200]);
});
