// Real: Leader, its retry period and lease bodies. Not real: the API server (one Lease in memory) and time (fake timers).
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { FencedError } from '../../../kube/fenced-error.ts';
import { Leader } from '../../../kube/leader.ts';
import { WorkQueue } from '../../../kube/work-queue.ts';
import { fakeSleep } from '../../support/fake-sleep.ts';
import { MemoryLease } from '../../support/memory-lease.ts';

const LEASE_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_PERIOD_MS = 2000;
const OUTAGE = new Error('the API server is down');

let server: MemoryLease;
let stops: AbortController[];
beforeEach(() => {
  jest.useFakeTimers();
  server = new MemoryLease();
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) stop.abort();
  await pass(LEASE_MS);
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

/** A running replica. Its clock starts at `startAt`, since replicas on different machines have different clocks. */
async function replica(identity: string, { startAt = 0, workEndsAfterMs = 0 } = {}) {
  const leader = new Leader({
    client: server,
    path: '/leases',
    name: 'controller',
    identity,
    leaseMs: LEASE_MS,
    log: () => {},
    monotonic: () => startAt + performance.now(),
    sleep: fakeSleep,
    random: () => 0.5,
  });
  const stop = new AbortController();
  stops.push(stop);
  const terms: AbortSignal[] = [];
  void leader.run(async (signal) => {
    terms.push(signal);
    await fakeSleep(2 ** 31 - 1, signal);
    await pause(workEndsAfterMs);
  }, stop.signal);
  await pass(0);
  return { leader, terms, stop: () => stop.abort() };
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const holder = () => server.lease?.spec?.holderIdentity;
const heldBy = (holderIdentity: string, leaseDurationSeconds: number) =>
  server.store({ metadata: { name: 'controller' }, spec: { holderIdentity, leaseDurationSeconds } });

test('of two replicas one leads, for as long as it renews', async () => {
  const one = await replica('one');
  const other = await replica('other', { startAt: 86_400_000 });
  await pass(10 * LEASE_MS);
  expect([one.leader.leads, other.leader.leads]).toEqual([true, false]);
  expect([one.terms.length, other.terms.length]).toEqual([1, 0]);
});

test('a leader that cannot renew leads for two thirds of the lease, then its writes are fenced and its term ends', async () => {
  const { leader, terms } = await replica('one');
  server.failure = OUTAGE;
  await pass(RENEW_DEADLINE_MS - 1);
  expect(leader.leads).toBe(true);
  expect(leader.writeOptions.fence).not.toThrow();
  await pass(1);
  expect(leader.leads).toBe(false);
  expect(leader.writeOptions.fence).toThrow('does not lead');
  await pass(RETRY_PERIOD_MS);
  expect(terms.map(({ aborted }) => aborted)).toEqual([true]);
});

test('a write that the fence refuses ends the term, though a renewal under way succeeds', async () => {
  const { leader, terms } = await replica('one');
  server.latencyMs = RENEW_DEADLINE_MS;
  // The renewal is sent at 2 s and answered at 12 s; in between the renew deadline of the last one passes.
  await pass(RENEW_DEADLINE_MS);
  expect(leader.writeOptions.fence).toThrow(FencedError);
  expect(terms.map(({ aborted }) => aborted)).toEqual([true]);
  server.latencyMs = 0;
  await pass(3 * RETRY_PERIOD_MS);
  expect(leader.leads).toBe(true);
  expect(terms.map(({ aborted }) => aborted)).toEqual([true, false]);
});

test('a key whose write the fence refuses is not tried again in that term', async () => {
  const leader = new Leader({
    client: server,
    path: '/leases',
    name: 'controller',
    identity: 'one',
    leaseMs: LEASE_MS,
    log: () => {},
    monotonic: () => performance.now(),
    sleep: fakeSleep,
    // Renewals 1.6 s apart: one after 9.6 s, the next after 11.2 s.
    random: () => 0,
  });
  const stop = new AbortController();
  stops.push(stop);
  let tries = 0;
  void leader.run(async (signal) => {
    const queue = new WorkQueue();
    queue.addAfter('run', RENEW_DEADLINE_MS);
    const handler = async () => {
      tries += 1;
      leader.writeOptions.fence();
    };
    await queue.run(1, handler, signal);
  }, stop.signal);
  await pass(0);
  server.failure = OUTAGE;
  await pass(RENEW_DEADLINE_MS + RETRY_PERIOD_MS);
  expect(tries).toBe(1);
});

test('the renew deadline counts from sending the renewal, not from its response', async () => {
  const { leader } = await replica('one');
  server.latencyMs = 1000;
  await pass(RETRY_PERIOD_MS);
  expect(server.calls.at(-1)).toBe('PUT');
  // Only the calls after this renewal fail.
  server.failure = OUTAGE;
  await pass(RENEW_DEADLINE_MS - 1);
  expect(leader.leads).toBe(true);
  await pass(1);
  expect(leader.leads).toBe(false);
});

test('a leader that finds another holder in the lease steps down before its renew deadline', async () => {
  const { leader, terms } = await replica('one');
  heldBy('usurper', 3600);
  // The first renewal is a conflict, the second try reads the lease.
  await pass(2 * RETRY_PERIOD_MS);
  expect(leader.leads).toBe(false);
  expect(terms.map(({ aborted }) => aborted)).toEqual([true]);
});

test('a lease that does not change expires after the duration its holder wrote, not after our own', async () => {
  heldBy('dead', (4 * LEASE_MS) / 1000);
  const { leader } = await replica('one', { startAt: 86_400_000 });
  await pass(4 * LEASE_MS);
  expect(leader.leads).toBe(false);
  await pass(RETRY_PERIOD_MS);
  expect(leader.leads).toBe(true);
  expect(holder()).toBe('one');
});

test('a leader that stops releases the lease, another acquires it at once, and that is one transition', async () => {
  const one = await replica('one');
  const other = await replica('other');
  await pass(LEASE_MS);
  one.stop();
  await pass(0);
  expect(holder()).toBe('');
  await pass(RETRY_PERIOD_MS);
  expect(other.leader.leads).toBe(true);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 });
});

test('a leader that lost the lease does not renew it while its work winds down', async () => {
  const { leader, terms } = await replica('one', { workEndsAfterMs: 3 * RETRY_PERIOD_MS });
  server.failure = OUTAGE;
  await pass(RENEW_DEADLINE_MS);
  expect(terms.map(({ aborted }) => aborted)).toEqual([true]);
  server.failure = undefined;
  server.calls.length = 0;
  await pass(3 * RETRY_PERIOD_MS - 1);
  expect(server.calls).toEqual([]);
  expect(leader.leads).toBe(false);
  await pass(2 * RETRY_PERIOD_MS);
  expect(terms).toHaveLength(2);
});

test('a write of a leader times out before another replica can lead', async () => {
  const { leader } = await replica('one');
  expect(leader.writeOptions.timeoutMs).toBeLessThanOrEqual(LEASE_MS - RENEW_DEADLINE_MS);
});
