import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Calls, jobIdOf, jobNumberOf, newKey } from '../../../client/calls.ts';
import { follow, type Link } from '../../../client/follow.ts';
import type { Http } from '../../../client/http.ts';
import { EventParser, type ServerEvent } from '../../../client/sse.ts';
import { isTerminal } from '../../../contract/group-run.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';

let app: TestApp;
let calls: Calls;
let http: Http;
const ages: number[] = [];
beforeAll(async () => {
  app = await startApp(
    {},
    'groups: { day: { parameters: { day: { required: true } }, jobs: { one: { sleep: { seconds: 1 } } } } }',
  );
  http = {
    fetch: (path, init) => fetch(`${app.url}${path}`, init),
    token: () => undefined,
    onAge: (seconds) => void ages.push(seconds),
    onUnauthorized: () => {},
  };
  calls = new Calls(http);
});
afterAll(() => app.close());

test('a trigger leads to its run, and the same key starts no second one', async () => {
  const key = newKey();
  const id = await calls.trigger('day', { day: 'monday' }, key);
  expect(await calls.trigger('day', { day: 'monday' }, key)).toBe(id);
  expect(await calls.run(id)).toMatchObject({ id, group: 'day', parameters: { day: 'monday' } });
  expect((await calls.runs({ group: 'day', state: undefined })).runs).toHaveLength(1);
});

test('an error has the words of the service, and each problem', async () => {
  await expect(calls.trigger('day', {}, newKey())).rejects.toMatchObject({
    name: 'ApiError',
    status: 422,
    isTemporary: false,
    problems: [{ path: 'parameters.day', message: 'expected a value, since it is required' }],
  });
});

test('an error of a proxy, which is no problem of ours, has its status', async () => {
  const proxied = new Calls({
    ...http,
    fetch: async () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }),
  });
  await expect(proxied.groups()).rejects.toMatchObject({ message: '502 Bad Gateway', isTemporary: true });
});

test('the token is sent, and a 401 is told', async () => {
  const sent: (string | null)[] = [];
  let isAsked = false;
  const secured = new Calls({
    ...http,
    token: () => 'abc',
    onUnauthorized: () => {
      isAsked = true;
    },
    fetch: async (_path, init) => {
      sent.push(new Headers(init?.headers).get('Authorization'));
      return new Response('{}', { status: 401 });
    },
  });
  await expect(secured.me()).rejects.toMatchObject({ status: 401 });
  expect([sent, isAsked]).toEqual([['Bearer abc'], true]);
});

test('an answer that may be old says its age', async () => {
  app.runs.cacheAgeSeconds = 12;
  ages.length = 0;
  await calls.runs({});
  app.runs.cacheAgeSeconds = 0;
  await calls.runs({});
  expect(ages).toEqual([12, 0]);
});

test('a run is followed to its end over a connection that breaks, without a repeated event', async () => {
  const id = await calls.trigger('day', { day: 'x' }, newKey());
  const links: Link[] = [];
  const events: ServerEvent[] = [];
  let breaks = 1;
  const breaking: Http = {
    ...http,
    fetch: async (path, init) => {
      const response = await http.fetch(path, init);
      if (breaks-- <= 0) return response;
      // The first event, then nothing more.
      const { value } = await response.body!.getReader().read();
      return new Response(value, { status: 200 });
    },
  };
  const done = follow(
    breaking,
    `/runs/${id}/events`,
    { onEvents: (more) => events.push(...more), onLink: (link) => links.push(link) },
    AbortSignal.timeout(20_000),
  );
  await eventually('a second connection', async () => links.length >= 3 || undefined);
  app.runs.setStates(id, 'STARTED');
  await eventually('the start', async () => events.find(({ event }) => event === 'job'));
  app.runs.setStates(id, 'SUCCESS');
  await done;
  expect(links.at(-1)).toBe('ended');
  const states = events.filter(({ event }) => event === 'job').map(({ data }) => JSON.parse(data).state);
  expect(states.filter(isTerminal)).toEqual(['SUCCESS']);
  expect(new Set(states).size).toBe(states.length);
});

test('a run that does not exist is not tried again', async () => {
  const links: Link[] = [];
  const id = '00000000-0000-4000-8000-000000000000';
  await follow(
    http,
    `/runs/${id}/events`,
    { onEvents: () => {}, onLink: (link) => links.push(link) },
    AbortSignal.timeout(5000),
  );
  expect(links).toEqual(['connecting', 'refused']);
});

test('events are the same, however the stream is cut into pieces', () => {
  const stream = 'retry: 2000\n\nid: 1\nevent: run\ndata: {"a":1}\n\n: nothing new\n\nid: 2\ndata: x\ndata: y\r\n\r\n';
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const parser = new EventParser();
      const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const events = places.slice(1).flatMap((end, index) => parser.push(stream.slice(places[index], end)));
      expect(events).toEqual([
        { event: 'run', data: '{"a":1}' },
        { event: 'message', data: 'x\ny' },
      ]);
      expect(parser.lastId).toBe('2');
    }),
  );
});

test('the number of a job leads to its id and back', () => {
  const run = '78b9d1a2-3c4d-4e5f-8a6b-00000000';
  expect(jobIdOf(`${run}0000`, 1000)).toBe(`${run}03e8`);
  expect(jobNumberOf(`${run}03e8`)).toBe(1000);
});
