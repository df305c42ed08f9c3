import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ChangeLog } from '../../../../api/runs/change-log.ts';
import type { JobState } from '../../../../contract/group-run.ts';
import { newRunId } from '../../../../contract/ids.ts';
import type { RunRecord } from '../../../../contract/run-record.ts';

const id = (number: number) => newRunId(`00000000-0000-4000-8000-${String(number).padStart(8, '0')}0000`);

/** A run as the cache holds it. */
const record = (number: number, version: number, state: JobState = 'PENDING', allow?: string): RunRecord => ({
  metadata: {
    name: id(number),
    uid: id(number),
    resourceVersion: String(version),
    creationTimestamp: '2026-11-24T11:00:00Z',
    ...(allow !== undefined && { annotations: { 'async-api.dev/allow': allow } }),
  },
  spec: { group: 'g', jobs: [{ name: 'one' }] },
  status: { state },
});

/** A log that begins with a list of version 100. */
function logFrom100(): ChangeLog {
  const log = new ChangeLog();
  log.begin('100');
  return log;
}
const versions = (log: ChangeLog, after: number) => log.since(BigInt(after))?.map(({ version }) => Number(version));

test('has the changes after a version, oldest first', () => {
  const log = logFrom100();
  log.add(undefined, record(1, 101));
  log.add(record(1, 101), record(1, 105, 'STARTED'));
  log.add(undefined, record(2, 107));
  expect(log.newest).toBe(107n);
  expect([100, 101, 104, 106, 107].map((after) => versions(log, after))).toEqual([
    [101, 105, 107],
    [105, 107],
    [105, 107],
    [107],
    [],
  ]);
  expect(log.since(104n)![0]).toEqual({ version: 105n, runId: id(1), group: 'g', before: 'PENDING' });
});

test('says who could see a run that was deleted, and in which state it was', () => {
  const log = logFrom100();
  log.add(record(1, 102, 'SUCCESS', '[["alice"]]'), undefined);
  expect(log.since(100n)).toEqual([
    { version: 102n, runId: id(1), group: 'g', before: 'SUCCESS', deleted: { allow: '[["alice"]]' } },
  ]);
});

test('does not know what came before it, nor a version that is still to come', () => {
  const log = logFrom100();
  log.add(undefined, record(1, 103));
  expect([99, 104, -1].map((after) => log.since(BigInt(after)))).toEqual([undefined, undefined, undefined]);
});

test('takes nothing from the list that it begins with, and begins anew with the next', () => {
  const log = logFrom100();
  log.add(undefined, record(1, 90));
  log.add(record(2, 80), undefined);
  expect(log.since(100n)).toEqual([]);
  log.add(undefined, record(3, 110));
  log.begin('120');
  expect([versions(log, 110), versions(log, 120)]).toEqual([undefined, []]);
  // A restored etcd may be behind.
  log.begin('50');
  expect([versions(log, 120), versions(log, 50), log.newest]).toEqual([undefined, [], 50n]);
});

describe('is bounded', () => {
  test('by the number of changes: the oldest are forgotten', () => {
    const log = logFrom100();
    for (let version = 101; version <= 30_100; version++) log.add(undefined, record(1, version));
    const kept = log.since(BigInt(25_100));
    expect(kept).toHaveLength(5000);
    expect([100, 20_000].map((after) => log.since(BigInt(after)))).toEqual([undefined, undefined]);
  });

  test('by the size of what protected deleted runs', () => {
    const log = logFrom100();
    const allow = 'x'.repeat(200_000);
    for (let version = 101; version <= 200; version++) log.add(record(1, version, 'SUCCESS', allow), undefined);
    expect(log.since(100n)).toBeUndefined();
    expect(log.since(195n)).toHaveLength(5);
    const kept = Array.from({ length: 101 }, (_, i) => log.since(BigInt(100 + i))?.length ?? 0);
    expect(Math.max(...kept) * allow.length).toBeLessThanOrEqual(4_000_000);
  });
});

describe('next', () => {
  const never = new AbortController().signal;
  const isDone = async (promise: Promise<void>) => {
    let done = false;
    void promise.then(() => {
      done = true;
    });
    await setImmediate();
    return done;
  };

  test('resolves with the next change, also with one that came before the call', async () => {
    const log = logFrom100();
    const next = log.next(100n, 60_000, never);
    expect(await isDone(next)).toBe(false);
    log.add(undefined, record(1, 101));
    expect(await isDone(next)).toBe(true);
    expect(await isDone(log.next(100n, 60_000, never))).toBe(true);
  });

  test('resolves after a time, when the signal aborts, and with a new list', async () => {
    const log = logFrom100();
    await log.next(100n, 1, never);
    const gone = new AbortController();
    const [aborted, listed] = [log.next(100n, 60_000, gone.signal), log.next(100n, 60_000, never)];
    gone.abort();
    expect(await isDone(aborted)).toBe(true);
    expect(await isDone(log.next(100n, 60_000, gone.signal))).toBe(true);
    log.begin('100');
    expect(await isDone(listed)).toBe(true);
  });
});
