import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Auth, noAuth, type Verb } from '../../../../api/auth/auth.ts';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

let app: TestApp;
afterEach(() => app.close());

/** config.yaml with these groups: the `allow` of each, or undefined. */
const catalogOf = (groups: Record<string, string[] | undefined>) =>
  parseCatalog(
    JSON.stringify({
      groups: Object.fromEntries(
        Object.entries(groups).map(([name, allow]) => [name, { allow, jobs: { one: { sleep: { seconds: 1 } } } }]),
      ),
    }),
  );

/** Callers are who a header says, and `allows` says what they may. */
const byHeader = (allows: Auth['allows'] = noAuth.allows): Auth => ({
  identify: async (request) => ({ name: request.get('x-test-name')!, groups: [] }),
  allows,
});

/** A service whose config.yaml can be replaced. */
async function serve(groups: Record<string, string[] | undefined>, auth = byHeader()) {
  let catalog = catalogOf(groups);
  app = await startApp({ auth, catalog: () => catalog });
  const ask = (who: string, path: string, method = 'GET', headers: Record<string, string> = {}) =>
    fetch(app.url + path, { method, headers: { 'x-test-name': who, ...headers } });
  const start = async (who: string, path: string, headers: Record<string, string> = {}) =>
    (await ask(who, path, 'POST', headers)).headers.get('location')!;
  const replace = (next: Record<string, string[] | undefined>) => {
    catalog = catalogOf(next);
  };
  return { ask, start, replace };
}

/** Each path on which a run can be reached. */
const PATHS: [string, (run: string) => [path: string, method?: string]][] = [
  ['see the run', (run) => [run]],
  ['follow its events', (run) => [`${run}/events`]],
  ['see a job', (run) => [run.replace('/runs', '/status').replace(/0$/, '1')]],
  ['read a log', (run) => [`${run.replace('/runs', '/status').replace(/0$/, '1')}/logs`]],
  ['cancel a job', (run) => [`${run.replace('/runs', '/status').replace(/0$/, '1')}/cancel`, 'POST']],
  ['cancel the run', (run) => [`${run}/cancel`, 'POST']],
  ['rerun it', (run) => [`${run}/rerun`, 'POST']],
];

describe('what protected a run when it was accepted', () => {
  const changes: [string, Record<string, string[] | undefined>][] = [
    ['is renamed in config.yaml', { renamed: ['alice', 'bob'] }],
    ['has no allow any more', { g: undefined }],
    ['allows others too', { g: ['alice', 'bob'] }],
  ];
  describe.each(changes)('protects it after its group %s', (_how, later) => {
    test.each(PATHS)('from others who would %s', async (_what, path) => {
      const { ask, start, replace } = await serve({ g: ['alice'] });
      const run = await start('alice', '/group/g');
      app.runs.setStates(run.slice('/runs/'.length), 'STARTED');
      replace(later);
      expect((await ask('bob', ...path(run))).status).toBe(403);
      app.runs.setStates(run.slice('/runs/'.length), 'SUCCESS');
      expect((await ask('alice', ...path(run))).status).not.toBe(403);
      expect(app.runs.runs.size).toBe(path(run)[0].endsWith('rerun') ? 2 : 1);
    });

    test('from others who list runs', async () => {
      const { ask, start, replace } = await serve({ g: ['alice'] });
      await start('alice', '/group/g');
      replace(later);
      const runsOf = async (who: string) =>
        ((await (await ask(who, '/runs')).json()) as { runs: object[] }).runs.length;
      expect([await runsOf('alice'), await runsOf('bob')]).toEqual([1, 0]);
    });
  });

  test('holds beside the allow that its group has now', async () => {
    const { ask, start, replace } = await serve({ g: ['alice', 'bob'] });
    const run = await start('alice', '/group/g');
    replace({ g: ['bob', 'carol'] });
    const statuses = ['alice', 'bob', 'carol'].map(async (who) => (await ask(who, run)).status);
    expect(await Promise.all(statuses)).toEqual([403, 200, 403]);
  });

  test('protects its reruns too', async () => {
    const { ask, start, replace } = await serve({ g: ['alice', 'bob'] });
    const run = await start('alice', '/group/g');
    replace({ g: ['alice', 'carol'] });
    const rerun = await start('alice', `${run}/rerun`);
    replace({ other: undefined });
    const statuses = ['alice', 'bob', 'carol'].map(async (who) => (await ask(who, rerun)).status);
    expect(await Promise.all(statuses)).toEqual([200, 403, 403]);
  });

  test('is nobody if it cannot be read', async () => {
    const { ask, start } = await serve({ g: undefined });
    const run = await start('alice', '/group/g');
    expect((await ask('alice', run)).status).toBe(200);
    app.runs.newest.metadata.annotations!['async-api.dev/allow'] = 'alice';
    expect((await ask('alice', run)).status).toBe(403);
    expect(await (await ask('alice', '/runs')).json()).toEqual({ runs: [] });
  });

  test('is not stored if the group had none', async () => {
    const { start } = await serve({ g: undefined });
    await start('alice', '/group/g');
    expect(Object.keys(app.runs.newest.metadata.annotations!)).not.toContain('async-api.dev/allow');
  });

  test('holds for the repetition of a trigger by its key', async () => {
    const { ask, start, replace } = await serve({ g: ['alice'] });
    const key = { 'Idempotency-Key': 'k' };
    await start('alice', '/group/g', key);
    replace({ g: undefined });
    expect((await ask('alice', '/group/g', 'POST', key)).status).toBe(202);
    app.runs.newest.metadata.annotations!['async-api.dev/allow'] = '[["bob"]]';
    expect((await ask('alice', '/group/g', 'POST', key)).status).toBe(403);
    expect(app.runs.runs.size).toBe(1);
  });

  test('may be at most 200,000 bytes: 422', async () => {
    const long = (letter: string) => Array.from({ length: 100 }, (_, i) => `${letter.repeat(500)}${i}`);
    const { ask, start, replace } = await serve({ g: ['alice', ...long('日').slice(1)] });
    const run = await start('alice', '/group/g');
    replace({ g: ['alice', ...long('月').slice(1)] });
    const response = await ask('alice', `${run}/rerun`, 'POST');
    expect([response.status, await response.text()]).toEqual([422, expect.stringMatching(/200000 of allow, got \d+/)]);
  });
});

describe('a run whose group left config.yaml', () => {
  /** The service, and a run of alice whose group is gone. */
  async function withGone(allows: Auth['allows']) {
    let grown = true;
    const { ask, start, replace } = await serve(
      { g: undefined, h: undefined },
      byHeader(async (...question) => grown || (await allows(...question))),
    );
    const run = await start('alice', '/group/g', { 'Idempotency-Key': 'k' });
    app.runs.setStates(run.slice('/runs/'.length), 'FAILURE');
    grown = false;
    replace({ h: undefined });
    const repeat = async () => (await ask('alice', '/group/g', 'POST', { 'Idempotency-Key': 'k' })).status;
    return { run, ask, repeat };
  }
  const of =
    (...verbs: Verb[]): Auth['allows'] =>
    async (_caller, verb, group) =>
      group === undefined && verbs.includes(verb);

  test.each(PATHS)('is for callers with the right to all groups who would %s', async (_what, path) => {
    const { run, ask } = await withGone(of('get', 'create', 'patch'));
    expect([200, 202, 410]).toContain((await ask('alice', ...path(run))).status);
  });

  test.each(PATHS)('is not for callers with the right to its group alone who would %s', async (_what, path) => {
    const { run, ask } = await withGone(async (_caller, _verb, group) => group !== undefined);
    expect((await ask('alice', ...path(run))).status).toBe(403);
  });

  test('is not for callers who may trigger or cancel all groups, but not see them', async () => {
    const { run, ask, repeat } = await withGone(of('create', 'patch'));
    expect((await ask('alice', `${run}/cancel`, 'POST')).status).toBe(403);
    expect(await repeat()).toBe(403);
  });

  test.each([
    ['all groups', of('get', 'create'), 1, 202],
    ['its group alone', async (_caller: unknown, _verb: unknown, group?: string) => group !== undefined, 0, 403],
  ])('is listed and repeated with the right to %s only if that is all', async (_what, allows, listed, status) => {
    const { ask, repeat } = await withGone(allows);
    expect(((await (await ask('alice', '/runs')).json()) as { runs: object[] }).runs).toHaveLength(listed);
    expect(await repeat()).toBe(status);
  });
});

describe('GET /groups and GET /runs', () => {
  const names = Array.from({ length: 30 }, (_, i) => `g${i}`);
  /** The service with 30 groups, and a run of each but the last, whose reviews take a moment and are counted. */
  async function counted(may: (group: string | undefined) => boolean) {
    const asked: (string | undefined)[] = [];
    let open = 0;
    const most = { open: 0 };
    const auth = byHeader(async (_caller, verb, group) => {
      if (verb !== 'get') return true;
      asked.push(group);
      most.open = Math.max(most.open, ++open);
      await setImmediate();
      open -= 1;
      return may(group);
    });
    const { ask, start } = await serve(Object.fromEntries(names.map((name) => [name, undefined])), auth);
    for (const name of names.slice(1)) await start('alice', `/group/${name}`);
    const list = async (path: string) => {
      asked.length = 0;
      const body = (await (await ask('alice', path)).json()) as { groups: object[]; runs: object[] };
      return (body.groups ?? body.runs).length;
    };
    return { asked, most, list };
  }

  test('ask once if the caller may see all groups', async () => {
    const { asked, list } = await counted(() => true);
    for (const [path, length] of [
      ['/groups', 30],
      ['/runs', 29],
    ] as const) {
      expect(await list(path)).toBe(length);
      expect(asked).toEqual([undefined]);
    }
  });

  test('ask about each group if not, ten at a time', async () => {
    const { asked, most, list } = await counted((group) => group === 'g3' || group === 'g29');
    for (const [path, questions] of [
      ['/groups', 31],
      ['/runs', 30],
    ] as const) {
      expect(await list(path)).toBe(2);
      expect([asked[0], asked.length, new Set(asked).size]).toEqual([undefined, questions, questions]);
    }
    expect(most.open).toBe(10);
  });

  test('ask only about the group that the query names', async () => {
    const { asked, list } = await counted((group) => group === 'g3');
    expect(await list('/runs?group=g3')).toBe(1);
    expect(asked).toEqual([undefined, 'g3']);
  });
});
