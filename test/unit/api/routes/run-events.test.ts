import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Auth, noAuth, unauthorized } from '../../../../api/auth/auth.ts';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { ConcurrencyLimit } from '../../../../api/hold/concurrency-limit.ts';
import { newRunId } from '../../../../contract/ids.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { EventReader } from '../../../support/event-reader.ts';
import { eventually } from '../../../support/eventually.ts';
import { unavailable } from '../../../support/memory-runs.ts';

const job = '{ jobs: { one: { sleep: { seconds: 1 } } } }';
const GROUPS = `groups: { a: ${job}, b: ${job}, of_bob: { allow: [bob], jobs: { one: { sleep: { seconds: 1 } } } } }`;

let app: TestApp;
let readers: EventReader[];
beforeEach(async () => {
  readers = [];
  app = await startApp({}, GROUPS);
});
afterEach(async () => {
  for (const reader of readers) reader.close();
  await app.close();
});

const open = async (query = '', lastEventId?: string, token?: string): Promise<EventReader> => {
  const reader = await EventReader.open(`${app.url}/runs/events${query}`, lastEventId, token);
  readers.push(reader);
  return reader;
};
/** Starts a run, and returns its id. */
const start = async (group = 'a', token?: string): Promise<string> => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { status, headers: got } = await fetch(`${app.url}/group/${group}`, { method: 'POST', headers });
  expect(status).toBe(202);
  return got.get('location')!.slice('/runs/'.length);
};
/** The next event: its name, and of its data the id and state. */
const next = async (reader: EventReader) => {
  const event = (await reader.next())!;
  const { id, state } = JSON.parse(event.data) as { id?: string; state?: string };
  return [event.event, id, state].filter((one) => one !== undefined);
};
const replace = async (...[changes, groups = GROUPS]: Parameters<typeof startApp>) => {
  await app.close();
  app = await startApp(changes, groups);
};

test('a new run, its changes and its deletion are events, with the run as in GET /runs', async () => {
  const earlier = await start();
  const reader = await open();
  const run = await start();
  expect(JSON.parse((await reader.next())!.data)).toEqual(
    ((await (await fetch(`${app.url}/runs?group=a&limit=1`)).json()) as { runs: object[] }).runs[0],
  );
  app.runs.setStates(run, 'STARTED');
  expect(await next(reader)).toEqual(['run', run, 'STARTED']);
  app.runs.setStates(run, 'SUCCESS');
  app.runs.setStates(earlier, 'STARTED');
  expect([await next(reader), await next(reader)]).toEqual([
    ['run', run, 'SUCCESS'],
    ['run', earlier, 'STARTED'],
  ]);
  app.runs.delete(earlier);
  expect(await next(reader)).toEqual(['deleted', earlier]);
});

test('many changes of a run in a second are one event', async () => {
  const [run, other] = [await start(), await start('b')];
  const reader = await open();
  for (let i = 0; i < 50; i++) app.runs.setStates(run, i % 2 ? 'STARTED' : 'RETRY');
  app.runs.setStates(other, 'SUCCESS');
  expect(await next(reader)).toEqual(['run', run, 'STARTED']);
  expect(await next(reader)).toEqual(['run', other, 'SUCCESS']);
  for (let i = 0; i < 50; i++) app.runs.setStates(run, i % 2 ? 'STARTED' : 'RETRY');
  app.runs.setStates(run, 'SUCCESS');
  expect(await next(reader)).toEqual(['run', run, 'SUCCESS']);
});

describe('the query', () => {
  test('group leaves out other groups', async () => {
    const reader = await open('?group=b');
    await start('a');
    const run = await start('b');
    expect(await next(reader)).toEqual(['run', run, 'PENDING']);
  });

  test('state leaves out changes that neither begin, end nor are in that state', async () => {
    const [first, second] = [await start(), await start()];
    const reader = await open('?state=STARTED');
    app.runs.setStates(first, 'STARTED');
    app.runs.setStates(second, 'SUCCESS');
    expect(await next(reader)).toEqual(['run', first, 'STARTED']);
    app.runs.setStates(first, 'FAILURE');
    expect(await next(reader)).toEqual(['run', first, 'FAILURE']);
    app.runs.delete(first);
    const third = await start();
    app.runs.setStates(third, 'STARTED');
    expect(await next(reader)).toEqual(['run', third, 'STARTED']);
    app.runs.delete(third);
    expect(await next(reader)).toEqual(['deleted', third]);
  });

  test.each(['?state=DONE', '?limit=5', '?group=a&group=b'])('%s is 400', async (query) => {
    expect((await fetch(`${app.url}/runs/events${query}`)).status).toBe(400);
  });
});

describe('a client that comes back', () => {
  test('gets what changed since its last event', async () => {
    const run = await start();
    const reader = await open();
    app.runs.setStates(run, 'STARTED');
    await next(reader);
    const { lastId } = reader;
    reader.close();
    const later = await start('b');
    app.runs.setStates(run, 'SUCCESS');
    const again = await open('', lastId);
    expect([await next(again), await next(again)]).toEqual([
      ['run', later, 'PENDING'],
      ['run', run, 'SUCCESS'],
    ]);
  });

  test('has an id although there was no event', async () => {
    const reader = await open();
    const waiting = reader.next();
    await eventually('an id', async () => reader.lastId || undefined);
    reader.close();
    await waiting.catch(() => {});
    const run = await start();
    expect(await next(await open('', reader.lastId))).toEqual(['run', run, 'PENDING']);
  });

  test.each(['1000000', 'x', '', '99999999999999999999999'])(
    'is told to read the list again if its id is %p, and then gets what changes',
    async (id) => {
      const reader = await open('', id);
      expect(await next(reader)).toEqual(['reset']);
      const run = await start();
      expect(await next(reader)).toEqual(['run', run, 'PENDING']);
    },
  );

  test('is told so too if more than 500 runs have changed', async () => {
    const reader = await open();
    for (let i = 0; i < 600; i++) await app.runs.create(newRunId(), { group: 'a', jobs: [] }, {});
    // Some may come at once, before the others are made.
    let event: unknown[];
    do event = await next(reader);
    while (event[0] === 'run');
    expect(event).toEqual(['reset']);
  });

  test('is told so after a new list of runs', async () => {
    const reader = await open();
    const waiting = next(reader);
    await eventually('an id', async () => reader.lastId || undefined);
    app.runs.changes.begin('7000');
    expect(await waiting).toEqual(['reset']);
  });
});

describe('rights', () => {
  /** Callers are their tokens; `mayNot` are questions that get a no: a caller and a group. */
  const auth = (mayNot: Set<string> = new Set(), gone: Set<string> = new Set()): Auth => ({
    identify: async (request) => {
      const name = request.get('authorization')?.slice('Bearer '.length);
      if (name === undefined || gone.has(name)) throw unauthorized('Expected who you are.');
      return { name, groups: [] };
    },
    allows: async ({ name }, _verb, group) =>
      mayNot.size === 0 || (group !== undefined && !mayNot.has(`${name} ${group}`)),
  });

  test('a caller gets events of the runs that it may see only, and of their deletion', async () => {
    await replace({ auth: auth(new Set(['alice b'])) });
    const [alice, bob] = [await open('', undefined, 'alice'), await open('', undefined, 'bob')];
    const hidden = await start('b', 'bob');
    const protectedRun = await start('of_bob', 'bob');
    const shared = await start('a', 'bob');
    expect(await next(alice)).toEqual(['run', shared, 'PENDING']);
    const all = [await next(bob), await next(bob), await next(bob)];
    expect(all.map(([, id]) => id)).toEqual([hidden, protectedRun, shared]);
    for (const run of [hidden, protectedRun, shared]) app.runs.delete(run);
    expect(await next(alice)).toEqual(['deleted', shared]);
    expect([await next(bob), await next(bob)].map(([, id]) => id)).toEqual([hidden, protectedRun]);
  });

  test('what a run was accepted with protects it, and its deletion, whatever its group allows now', async () => {
    let catalog = parseCatalog(GROUPS);
    await replace({ auth: auth(), catalog: () => catalog });
    const run = await start('of_bob', 'bob');
    catalog = parseCatalog(`groups: { a: ${job}, of_bob: ${job} }`);
    const alice = await open('', undefined, 'alice');
    app.runs.setStates(run, 'STARTED');
    const first = await start('a', 'alice');
    expect(await next(alice)).toEqual(['run', first, 'PENDING']);
    app.runs.delete(run);
    const second = await start('a', 'alice');
    expect(await next(alice)).toEqual(['run', second, 'PENDING']);
  });

  test('a group that is new in config.yaml is seen at once', async () => {
    let catalog = parseCatalog(`groups: { a: ${job} }`);
    await replace({ auth: auth(), catalog: () => catalog });
    const reader = await open('', undefined, 'alice');
    catalog = parseCatalog(`groups: { a: ${job}, fresh: ${job} }`);
    const run = await start('fresh', 'alice');
    expect(await next(reader)).toEqual(['run', run, 'PENDING']);
  });

  test('without a token it is 401; it ends when the token does not count any more', async () => {
    const gone = new Set<string>();
    await replace({ auth: auth(new Set(), gone), recheckMs: 20 });
    expect((await fetch(`${app.url}/runs/events`)).status).toBe(401);
    const reader = await open('', undefined, 'alice');
    gone.add('alice');
    expect(await reader.next()).toBeUndefined();
  });

  test('the client is told to read the list again when it may see another group, or one less', async () => {
    const mayNot = new Set(['alice b']);
    await replace({ auth: auth(mayNot), recheckMs: 20 });
    const reader = await open('', undefined, 'alice');
    mayNot.add('alice a');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const run = await start('b', 'bob');
    expect(await next(reader)).toEqual(['reset']);
    mayNot.delete('alice b');
    await new Promise((resolve) => setTimeout(resolve, 100));
    app.runs.setStates(run, 'STARTED');
    expect(await next(reader)).toEqual(['reset']);
    app.runs.setStates(run, 'SUCCESS');
    expect(await next(reader)).toEqual(['run', run, 'SUCCESS']);
  });
});

test('it counts as a long-lived response, and ends with the service', async () => {
  const stopping = new AbortController();
  const longLivedLimit = new ConcurrencyLimit({ total: 10, perCaller: 1 });
  await replace({ longLivedLimit, stopping: stopping.signal });
  const reader = await open();
  expect((await fetch(`${app.url}/runs/events`)).status).toBe(429);
  stopping.abort();
  expect(await reader.next()).toBeUndefined();
  expect(longLivedLimit.active).toBe(0);
});

test('HEAD and POST are 405, and it is 503 until the first list of runs is complete', async () => {
  for (const method of ['HEAD', 'POST']) {
    expect((await fetch(`${app.url}/runs/events`, { method })).status).toBe(405);
  }
  app.runs.groups = () => {
    throw unavailable();
  };
  expect((await fetch(`${app.url}/runs/events`)).status).toBe(503);
});

test('a run is made into text once for all streams', async () => {
  await replace({ auth: noAuth, longLivedLimit: new ConcurrencyLimit({ total: 100, perCaller: 100 }) });
  const all = await Promise.all(Array.from({ length: 50 }, () => open()));
  const run = await start();
  await Promise.all(all.map(next));
  let reads = 0;
  const { status, ...stored } = app.runs.runs.get(run)!;
  const counted = {
    ...stored,
    get status() {
      reads += 1;
      return { state: 'STARTED' as const };
    },
  };
  app.runs.runs.set(run, counted);
  app.runs.changes.add(stored, { ...stored, metadata: { ...stored.metadata, resourceVersion: '500' } });
  counted.metadata = { ...stored.metadata, resourceVersion: '500' };
  reads = 0;
  expect((await Promise.all(all.map(next))).every(([, id]) => id === run)).toBe(true);
  // Its state, start, end and counts, each once.
  expect(reads).toBeLessThanOrEqual(5);
});
