import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import { oidcAuth } from '../../../../api/auth/oidc.ts';
import { fingerprint, runIdFromKey } from '../../../../api/routes/idempotency.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

/** A provider of OpenID Connect: its discovery and its keys, over HTTP. */
let issuer: Server;
let url: string;
let keys: { publicKey: CryptoKey; privateKey: CryptoKey };
let strangers: CryptoKey;
let down = false;
/** How many requests the issuer got. */
let asked = 0;
let now = 0;
/** The address that gets no answer. */
let silentAt = '';
/** The issuer that discovery names. */
let discovered = '';
beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  strangers = (await generateKeyPair('RS256')).privateKey;
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  issuer = createServer((request, response) => {
    asked += 1;
    if (down) return void response.writeHead(500).end();
    if (request.url === silentAt) return;
    const discovery = request.url === '/.well-known/openid-configuration';
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(discovery ? { issuer: discovered, jwks_uri: `${url}/keys` } : { keys: [jwk] }));
  });
  issuer.listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
});
afterAll(() => {
  issuer.closeAllConnections();
  issuer.close();
});

const GROUPS = 'groups: { g: { allow: [group:team], jobs: { j: { sleep: { seconds: 1 } } } } }';
let app: TestApp;
let logged: object[];
const start = async (nameClaim: string) => {
  const auth = oidcAuth({
    issuer: url,
    audience: 'async-api',
    algorithm: 'RS256',
    nameClaim,
    groupsClaim: 'groups',
    log: (message, fields, level) => void logged.push({ message, level, ...fields }),
    fetchTimeoutMs: 500,
    now: () => now,
  });
  app = await startApp({ auth }, GROUPS);
};
beforeEach(async () => {
  down = false;
  silentAt = '';
  discovered = url;
  logged = [];
  await start('sub');
});
afterEach(() => app.close());

const CLAIMS = { sub: 'alice', groups: ['team'] };
interface Change {
  claims?: JWTPayload;
  header?: Record<string, unknown>;
  expires?: string | null;
  issuer?: string;
  audience?: string;
  key?: CryptoKey | Uint8Array;
}
function token({ claims = CLAIMS, header = {}, expires = '5m', ...change }: Change = {}): Promise<string> {
  const jwt = new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
    .setIssuer(change.issuer ?? url)
    .setAudience(change.audience ?? 'async-api');
  if (expires !== null) jwt.setExpirationTime(expires);
  return jwt.sign(change.key ?? keys.privateKey);
}
const unsigned = (header: object, claims: object) =>
  `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
const trigger = (authorization?: string) =>
  fetch(`${app.url}/group/g`, { method: 'POST', headers: authorization === undefined ? {} : { authorization } });

test('a caller that the group allows starts a run under its name', async () => {
  const response = await trigger(`Bearer ${await token()}`);
  expect(response.status).toBe(202);
  expect(app.runs.newest.metadata.annotations).toMatchObject({ 'async-api.dev/caller': 'alice' });
});

test('a caller that the group does not allow is 403', async () => {
  const response = await trigger(`Bearer ${await token({ claims: { sub: 'bob', groups: 'team' } })}`);
  expect([response.status, await response.text()]).toEqual([403, 'bob may not trigger runs of group g.']);
});

test("runs of a group that is no longer declared are nobody's", async () => {
  const id = runIdFromKey('alice', 'k');
  await app.runs.create(
    id,
    { group: 'gone', jobs: [] },
    { 'async-api.dev/request': fingerprint('trigger', 'gone', {}) },
  );
  const headers = { authorization: `Bearer ${await token()}`, 'Idempotency-Key': 'k' };
  const statusOf = async (path: string, method = 'GET') => (await fetch(app.url + path, { method, headers })).status;
  expect(await statusOf(`/runs/${id}`)).toBe(403);
  expect(await statusOf(`/runs/${id}/cancel`, 'POST')).toBe(403);
  expect(await statusOf(`/runs/${id}/rerun`, 'POST')).toBe(403);
  expect(await statusOf('/group/gone', 'POST')).toBe(403);
  expect(await statusOf('/group/never-there', 'POST')).toBe(422);
  expect(await (await fetch(`${app.url}/runs`, { headers })).json()).toEqual({ runs: [] });
});

test('a trigger of an unknown group is 404', async () => {
  const headers = { authorization: `Bearer ${await token()}` };
  expect((await fetch(`${app.url}/group/never-there`, { method: 'POST', headers })).status).toBe(404);
});

const payload = () => ({ ...CLAIMS, iss: url, aud: 'async-api', exp: Math.floor(Date.now() / 1000) + 300 });
const forged: [string, () => Promise<string | undefined>][] = [
  ['no token', async () => undefined],
  ['another scheme', async () => 'Basic YTpi'],
  ['an empty token', async () => 'Bearer '],
  ['no token but words', async () => 'Bearer let me in'],
  ['a token that is none', async () => 'Bearer abc'],
  ['a token of 15 kB', async () => `Bearer ${'a'.repeat(15_000)}`],
  ['a token that has expired', async () => `Bearer ${await token({ expires: '-1m' })}`],
  ['a token that never expires', async () => `Bearer ${await token({ expires: null })}`],
  ['a token of another issuer', async () => `Bearer ${await token({ issuer: 'https://evil.example' })}`],
  ['a token for somebody else', async () => `Bearer ${await token({ audience: 'another-api' })}`],
  ['a token without a subject', async () => `Bearer ${await token({ claims: {} })}`],
  ['a token signed with a key of somebody else', async () => `Bearer ${await token({ key: strangers })}`],
  ['a token of an unknown key', async () => `Bearer ${await token({ key: strangers, header: { kid: 'two' } })}`],
  ['a token that is not valid yet', async () => `Bearer ${await token({ claims: { ...CLAIMS, nbf: 9_999_999_999 } })}`],
  ['alg none', async () => `Bearer ${unsigned({ alg: 'none' }, payload())}`],
  ['alg NONE', async () => `Bearer ${unsigned({ alg: 'NONE', typ: 'JWT' }, payload())}`],
  [
    "HS256 with the issuer's public key as its secret",
    async () => {
      const secret = new TextEncoder().encode(await exportSPKI(keys.publicKey));
      return `Bearer ${await token({ key: secret, header: { alg: 'HS256' } })}`;
    },
  ],
  [
    'RS512, which was not agreed on',
    async () => {
      const key = (await importJWK(await exportJWK(keys.privateKey), 'RS512')) as CryptoKey;
      return `Bearer ${await token({ key, header: { alg: 'RS512' } })}`;
    },
  ],
  [
    'claims that were changed after signing',
    async () => {
      const [header, , signature] = (await token()).split('.');
      const claims = Buffer.from(JSON.stringify({ ...payload(), sub: 'root' })).toString('base64url');
      return `Bearer ${header}.${claims}.${signature}`;
    },
  ],
  [
    'a key of its own in the header',
    async () => {
      const own = await generateKeyPair('RS256', { extractable: true });
      const jwk = await exportJWK(own.publicKey);
      return `Bearer ${await token({ key: own.privateKey, header: { jwk, kid: undefined } })}`;
    },
  ],
];
test.each(forged)('%s is 401 and starts nothing', async (_what, make) => {
  const response = await trigger(await make());
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="async-api"/);
  expect(await response.text()).toMatch(/^Expected /);
  expect(app.runs.runs.size).toBe(0);
});

test.each([
  [undefined, 202],
  ['JWT', 202],
  ['jwt', 202],
  ['at+jwt', 202],
  ['application/at+jwt', 202],
  ['logout+jwt', 401],
  ['dpop+jwt', 401],
  ['', 401],
  [5, 401],
  [null, 401],
])('a token with the header typ %j is %d', async (typ, status) => {
  expect((await trigger(`Bearer ${await token({ header: { typ } })}`)).status).toBe(status);
});

test.each([['alice'], 5, true, null, { a: 'b' }, ''])('a name of %j is 401 with a sentence', async (sub) => {
  const response = await trigger(
    `Bearer ${await token({ claims: { sub, groups: ['team'] } as unknown as JWTPayload })}`,
  );
  const sentence = 'Expected a token whose claim sub is a text that is not empty.';
  expect([response.status, await response.text()]).toEqual([401, sentence]);
});

test.each([
  [true, 202],
  [false, 401],
  ['true', 401],
  [undefined, 401],
])('an email as name with email_verified: %j is %d', async (email_verified, status) => {
  await app.close();
  await start('email');
  const claims = { email: 'alice@example.com', email_verified, groups: ['team'] };
  expect((await trigger(`Bearer ${await token({ claims })}`)).status).toBe(status);
});

test('groups that are not a list of strings are logged once; no groups are not logged', async () => {
  await trigger(`Bearer ${await token({ claims: { sub: 'alice' } })}`);
  expect(logged).toEqual([]);
  for (const groups of ['team', { team: true }, [5]])
    await trigger(`Bearer ${await token({ claims: { sub: 'bob', groups } })}`);
  const message = 'groups of a token ignored: expected a list of strings';
  expect(logged).toEqual([{ message, level: 'warn', claim: 'groups' }]);
});

test('an issuer that cannot be reached is 503 with Retry-After, and the service recovers by itself', async () => {
  down = true;
  const authorization = `Bearer ${await token()}`;
  const response = await trigger(authorization);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await response.text()).toMatch(/issuer/);
  down = false;
  now += 1000;
  expect((await trigger(authorization)).status).toBe(202);
});

test.each(['/.well-known/openid-configuration', '/keys'])(
  'an issuer that does not answer at %s in time is 503, not the fault of the token',
  async (path) => {
    silentAt = path;
    const authorization = `Bearer ${await token()}`;
    const response = await trigger(authorization);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(app.runs.runs.size).toBe(0);
    silentAt = '';
    now += 1000;
    expect((await trigger(authorization)).status).toBe(202);
  },
);

test('the keys of a discovery document that names another issuer are not believed: 503', async () => {
  discovered = 'https://evil.example';
  const response = await trigger(`Bearer ${await token()}`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  expect(app.runs.runs.size).toBe(0);
});

test('the log never contains a token', async () => {
  const given = await token();
  await trigger(`Bearer ${given}`);
  await trigger(`Bearer ${given.slice(0, -4)}`);
  expect(JSON.stringify(app.logged)).not.toContain(given.slice(0, 40));
});

test('an issuer that is down gets one request a second, however many tokens come', async () => {
  down = true;
  asked = 0;
  const tokens = ['Bearer made-up', `Bearer ${await token()}`];
  for (let i = 0; i < 20; i++) expect((await trigger(tokens[i % 2]!)).status).toBe(503);
  expect(asked).toBe(1);
  now += 1000;
  await trigger(tokens[0]!);
  expect(asked).toBe(2);
});

test('while the issuer is down, a made-up key does not affect tokens of a known key', async () => {
  const authorization = `Bearer ${await token()}`;
  expect((await trigger(authorization)).status).toBe(202);
  down = true;
  await trigger(`Bearer ${await token({ header: { kid: 'made-up' } })}`);
  expect((await trigger(authorization)).status).toBe(202);
});
