import { afterEach, expect, test } from '@jest/globals';
import { type Auth, noAuth, unauthorized } from '../../../../api/auth/auth.ts';
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
const LOOPBACK = ['127.0.0.1'];

test('wrong tokens are 401 however many there are, and take nothing from a valid one of the same address', async () => {
  const auth = withIdentify(async (request) => {
    if (request.get('authorization') !== 'Bearer valid') throw unauthorized('Expected another token.');
    return { name: 'alice', groups: [] };
  });
  app = await startApp({ auth, rate: { perSecond: 0.01, burst: 1 } });
  expect(await statuses((i) => ({ authorization: `Bearer guess-${i % 30}` }))).toEqual(Array(40).fill(401));
  expect(await get({ authorization: 'Bearer valid' })).toBe(200);
});

test('an outage of the token issuer is 503 for every caller, however often they ask', async () => {
  app = await startApp({ auth: withIdentify(() => Promise.reject(unavailable())) });
  const answers = await statuses((i) => ({ authorization: `Bearer any-${i}` }));
  expect(answers).toEqual(Array(40).fill(503));
});

test('callers without a name have a rate for each address', async () => {
  app = await startApp({ proxies: LOOPBACK, rate: { perSecond: 0.01, burst: 2 } });
  const from = (address: string) => get({ 'X-Forwarded-For': address });
  expect([await from('10.0.0.1'), await from('10.0.0.1'), await from('10.0.0.1')]).toEqual([200, 200, 429]);
  expect(await from('10.0.0.2')).toBe(200);
  expect([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8::3')]).toEqual([200, 200, 429]);
});

test('a caller with a name has one rate at all addresses', async () => {
  const auth = withIdentify(async () => ({ name: 'alice', groups: [] }));
  app = await startApp({ auth, proxies: LOOPBACK, rate: { perSecond: 0.01, burst: 2 } });
  const from = (address: string) => get({ 'X-Forwarded-For': address });
  expect([await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.3')]).toEqual([200, 200, 429]);
});

test.each([
  ['nobody is named', undefined],
  ['another proxy is named', ['10.0.0.0/8', 'fd00::/8']],
])('a caller cannot make up its address where %s', async (_what, proxies) => {
  app = await startApp({ ...(proxies && { proxies }), rate: { perSecond: 0.01, burst: 2 } });
  const from = (address: string) => get({ 'X-Forwarded-For': address });
  expect([await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.3')]).toEqual([200, 200, 429]);
});

test('a caller cannot make up its address behind a proxy that adds the true one', async () => {
  app = await startApp({ proxies: LOOPBACK, rate: { perSecond: 0.01, burst: 2 } });
  const claiming = (address: string) => get({ 'X-Forwarded-For': `${address}, 203.0.113.7` });
  expect([await claiming('10.0.0.1'), await claiming('10.0.0.2'), await claiming('10.0.0.3')]).toEqual([200, 200, 429]);
});
