import { afterEach, expect, test } from '@jest/globals';
import { type Auth, noAuth, unauthorized, type Verb } from '../../../../api/auth/auth.ts';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

let app: TestApp;
afterEach(() => app.close());

const job = '{ jobs: { one: { sleep: { seconds: 1 } } } }';
const GROUPS = `groups: { a: ${job}, b: ${job}, c: ${job} }`;
const may = (trigger: boolean, see: boolean, cancel: boolean) => ({ trigger, see, cancel });

/** What GET /me answers to a caller of these rights. */
async function me(allows: Auth['allows'], groups = GROUPS) {
  app = await startApp({ auth: { identify: async () => ({ name: 'alice', groups: [] }), allows } }, groups);
  return async () => {
    const response = await fetch(`${app.url}/me`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    return (await response.json()) as { name: string; groups: object[] };
  };
}

/** Rights on single groups, such as { a: ['get'] }. */
const onGroups =
  (rights: Record<string, Verb[]>): Auth['allows'] =>
  async (_caller, verb, group = '') =>
    rights[group]?.includes(verb) ?? false;

test('says the name and which of trigger, see and cancel the caller may do with each group', async () => {
  const ask = await me(onGroups({ a: ['get'], b: ['create'], c: ['patch'] }));
  expect(await ask()).toEqual({
    name: 'alice',
    groups: [
      { name: 'a', ...may(false, true, false) },
      { name: 'b', ...may(true, false, false) },
    ],
  });
});

test('without authentication, all may be done', async () => {
  const ask = await me(noAuth.allows);
  expect((await ask()).groups).toEqual(['a', 'b', 'c'].map((name) => ({ name, ...may(true, true, true) })));
});

test('leaves out a group whose allow does not name the caller', async () => {
  const ask = await me(
    noAuth.allows,
    `groups: { a: ${job}, b: { allow: [bob], jobs: {} }, c: { allow: [alice], jobs: {} } }`,
  );
  expect((await ask()).groups).toEqual(['a', 'c'].map((name) => ({ name, ...may(true, true, true) })));
});

test.each<[string, Verb[], object[]]>([
  ['may see all groups', ['get'], [may(false, true, false)]],
  ['may do everything with all groups', ['create', 'get', 'patch'], [may(true, true, true)]],
  ['may trigger all groups, but not see them', ['create'], []],
])('of a group that only stored runs have, for one who %s', async (_what, verbs, expected) => {
  let catalog = parseCatalog(`groups: { gone: ${job} }`);
  let isSetUp = false;
  app = await startApp({
    catalog: () => catalog,
    auth: {
      identify: async () => ({ name: 'alice', groups: [] }),
      allows: async (_caller, verb, group) => !isSetUp || (group === undefined && verbs.includes(verb)),
    },
  });
  await fetch(`${app.url}/group/gone`, { method: 'POST' });
  isSetUp = true;
  catalog = parseCatalog('groups: {}');
  const { groups } = (await (await fetch(`${app.url}/me`)).json()) as { groups: object[] };
  expect(groups).toEqual(expected.map((one) => ({ name: 'gone', ...one })));
});

test('is 401 without a token, and 405 for a POST', async () => {
  await (await me(noAuth.allows))();
  expect((await fetch(`${app.url}/me`, { method: 'POST' })).status).toBe(405);
  await app.close();
  const identify = () => Promise.reject(unauthorized('Expected who you are.'));
  app = await startApp({ auth: { ...noAuth, identify } });
  expect((await fetch(`${app.url}/me`)).status).toBe(401);
});

test('asks about each group once for each verb, and about cancel only where something else is permitted', async () => {
  const asked: string[] = [];
  const ask = await me(async (_caller, verb, group) => {
    asked.push(`${verb} ${group}`);
    return group === 'a';
  });
  await ask();
  const all = ['undefined', 'a', 'b', 'c'];
  expect(asked).toEqual([
    ...all.map((group) => `get ${group}`),
    ...all.map((group) => `create ${group}`),
    'patch undefined',
    'patch a',
  ]);
});
