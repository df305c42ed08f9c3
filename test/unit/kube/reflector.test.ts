// Real: Reflector. Not real: the API server (an empty list and watches that the tests play) and time (fake timers).
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ApiError } from '../../../kube/api-error.ts';
import type { KubeClient, WatchEvent } from '../../../kube/client.ts';
import { Reflector } from '../../../kube/reflector.ts';
import type { Stored } from '../../../kube/store.ts';
import { fakeSleep } from '../../support/fake-sleep.ts';

const MAX_IDLE_MS = 150_000;
const DOWN = new ApiError(503, 'ServiceUnavailable', 'down');
const CUT = new Error('other side closed');

interface Watch {
  at: number;
  version: unknown;
  stream: ReadableStreamDefaultController<WatchEvent>;
}

let watches: Watch[];
let lists: number;
/** Called for each watch before it is accepted; throws to reject it. */
let onOpen: (watch: Watch) => void;
let logged: string[];
let stop: AbortController;
let reflector: Reflector<Stored>;

beforeEach(async () => {
  jest.useFakeTimers();
  watches = [];
  lists = 0;
  onOpen = () => {};
  logged = [];
  stop = new AbortController();
  reflector = new Reflector({
    transform: (object: Stored) => object,
    client: { request: list as KubeClient['request'], watch },
    path: '/runs',
    onChange: () => {},
    log: (message) => void logged.push(message),
    sleep: fakeSleep,
    // The jitter of the backoff is then a factor of 1.
    random: () => 0.5,
  });
});
afterEach(async () => {
  stop.abort();
  await pass(0);
  jest.useRealTimers();
});

async function list() {
  lists += 1;
  return { metadata: { resourceVersion: '1' }, items: [] };
}

const watch: KubeClient['watch'] = async (_path, query, signal) => {
  let opened: Watch | undefined;
  const events = new ReadableStream<WatchEvent>({
    start: (stream) => {
      opened = { at: performance.now(), version: query.resourceVersion, stream };
      signal.addEventListener('abort', () => stream.error(signal.reason));
    },
  });
  watches.push(opened!);
  onOpen(opened!);
  return events;
};

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const last = () => watches.at(-1)!.stream;
const bookmark = (resourceVersion: string): WatchEvent => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion } },
});
/** When watches were opened, milliseconds since the start. */
const openedAt = () => watches.map(({ at }) => at - watches[0]!.at);
const run = async () => {
  void reflector.run(stop.signal);
  await pass(0);
};
/** Three watches are rejected, so the next backoff would be the fourth; then one is accepted, at 3.5 s. */
async function runUntilFourthWatch() {
  onOpen = () => {
    if (watches.length <= 3) throw DOWN;
  };
  await run();
  await pass(3500);
  expect(openedAt()).toEqual([0, 500, 1500, 3500]);
}

test('a watch with bookmarks stays open; without any for the idle time it is reopened at once, from the last version', async () => {
  await run();
  for (let version = 2; version <= 6; version++) {
    await pass(MAX_IDLE_MS - 1);
    last().enqueue(bookmark(String(version)));
    await pass(0);
  }
  expect(openedAt()).toEqual([0]);
  await pass(MAX_IDLE_MS);
  expect(openedAt()).toEqual([0, 6 * MAX_IDLE_MS - 5]);
  expect(watches.map(({ version }) => version)).toEqual(['1', '6']);
  expect({ lists, logged }).toEqual({ lists: 1, logged: [] });
});

test('rejected watches are retried with a backoff that doubles up to 30 s', async () => {
  onOpen = () => {
    throw DOWN;
  };
  await run();
  await pass(120_000);
  const gaps = openedAt().flatMap((at, i, all) => (i === 0 ? [] : [at - all[i - 1]!]));
  expect(gaps).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('one event resets the backoff', async () => {
  await runUntilFourthWatch();
  last().enqueue(bookmark('2'));
  await pass(0);
  last().error(CUT);
  await pass(500);
  expect(openedAt().at(-1)).toBe(4000);
});

test.each([
  ['longer than 10 s without an event resets', 10_001, 500],
  ['shorter than 10 s without an event does not reset', 9999, 4000],
])('a watch that was open for %s the backoff', async (_what, openMs, backoffMs) => {
  await runUntilFourthWatch();
  await pass(openMs);
  last().error(CUT);
  await pass(backoffMs - 1);
  expect(watches).toHaveLength(4);
  await pass(1);
  expect(watches).toHaveLength(5);
});

test('a server that closes each watch at once is asked with backoff, not in a tight loop', async () => {
  onOpen = ({ stream }) => void setTimeout(() => stream.close(), 1);
  await run();
  await pass(3000);
  expect(openedAt()).toEqual([0, 501, 1502]);
});

test('a server that closes each watch after its first event is asked with backoff too', async () => {
  onOpen = ({ stream }) => {
    stream.enqueue(bookmark('2'));
    setTimeout(() => stream.close(), 1);
  };
  await run();
  await pass(2000);
  expect(openedAt()).toEqual([0, 501, 1002, 1503]);
});

test('a watch that the server closes after a while is reopened at once', async () => {
  await run();
  await pass(1000);
  last().close();
  await pass(0);
  expect(openedAt()).toEqual([0, 1000]);
  expect(logged).toEqual([]);
});

test('reopen() replaces an open watch at once, without a list, and says whether one was open', async () => {
  expect(reflector.reopen()).toBe(false);
  await run();
  last().enqueue(bookmark('2'));
  await pass(2000);
  expect(reflector.reopen()).toBe(true);
  await pass(0);
  expect(openedAt()).toEqual([0, 2000]);
  expect(watches.at(-1)?.version).toBe('2');
  expect({ lists, logged }).toEqual({ lists: 1, logged: [] });
});
