import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { KubeClient } from '../../kube/client.ts';
import { Leader } from '../../kube/leader.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { behindProxy } from '../support/behind-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';

const LEASE_MS = 3000;
const NAME = 'async-api-controller';

let product: Product;
let client: KubeClient;
let proxy: FaultProxy;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  product = await Product.install();
  ({ client, proxy } = await behindProxy(product));
});
afterEach(async () => {
  proxy.refusal = undefined;
  for (const stop of stops.splice(0)) await stop();
  await product.admin.request('DELETE', `${product.leasesPath()}/${NAME}`).catch(() => {});
});
afterAll(async () => {
  await client.close();
  await proxy.close();
  await product.uninstall();
});

/** A clock that stands still: the lease never expires, however slow the machine. */
const STILL = () => 0;

/** A candidate that counts its terms, with a clock that `skip` moves forward. */
function candidate(identity: string, clock = () => performance.now()) {
  let skippedMs = 0;
  let terms = 0;
  const leader = new Leader({
    client,
    path: product.leasesPath(),
    name: NAME,
    identity,
    leaseMs: LEASE_MS,
    log: () => {},
    monotonic: () => clock() + skippedMs,
  });
  const stop = new AbortController();
  const until = (signal: AbortSignal) =>
    new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));
  const running = leader.run(async (signal) => {
    terms += 1;
    await until(signal);
  }, stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  stops.push(end);
  return {
    leader,
    end,
    terms: () => terms,
    skip: (ms: number) => {
      skippedMs += ms;
    },
  };
}
const leads = (one: { leader: Leader }) => eventually('a leader', async () => one.leader.leads || undefined);
const OUT_OF_ORDER = { status: 500, headers: {}, body: '' };

test('of two candidates one leads, for as long as it renews', async () => {
  const one = candidate('one', STILL);
  await leads(one);
  const other = candidate('other');
  await sleep(1.5 * LEASE_MS);
  expect([one.leader.leads, other.leader.leads]).toEqual([true, false]);
  expect(one.terms()).toBe(1);
});

test('a released lease is acquired at once, and its transitions are counted', async () => {
  const one = candidate('one');
  await leads(one);
  const other = candidate('other');
  type Lease = { spec: { holderIdentity: string; leaseTransitions: number } };
  const spec = async () => (await product.admin.request<Lease>('GET', `${product.leasesPath()}/${NAME}`)).spec;
  await one.end();
  // Released, not expired.
  expect(['', 'other']).toContain((await spec()).holderIdentity);
  await leads(other);
  expect((await spec()).leaseTransitions).toBe(1);
});

test('a leader that cannot renew stops before another may lead, and its writes are not sent', async () => {
  const one = candidate('one');
  await leads(one);
  proxy.refusal = () => OUT_OF_ORDER;
  await eventually('the end of its term', async () => (one.leader.leads ? undefined : true), LEASE_MS);
  proxy.mark();
  const write = client.request('POST', product.jobsPath(), { ...one.leader.writeOptions, body: {} });
  await expect(write).rejects.toThrow('This replica does not lead any more: nothing is written');
  expect(proxy.calls.filter(({ label }) => label.startsWith('POST jobs'))).toEqual([]);
});

test('a leader that slept past its lease does not lead when it wakes up', async () => {
  const one = candidate('one');
  await leads(one);
  one.skip((2 / 3) * LEASE_MS);
  // At once, before any call to the API server.
  expect(one.leader.leads).toBe(false);
  expect(one.leader.writeOptions.fence).toThrow('does not lead');
});

test('a lease is acquired when it has not changed for its duration on the clock of the candidate', async () => {
  const path = `${product.leasesPath()}/${NAME}`;
  const spec = {
    holderIdentity: 'dead',
    leaseDurationSeconds: 3600,
    // Written by a clock that is a day ahead: renewTime does not matter.
    renewTime: new Date(Date.now() + 86_400_000).toISOString().replace('Z', '000Z'),
  };
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: NAME }, spec };
  await product.admin.request('POST', product.leasesPath(), { body });
  const one = candidate('one');
  // The candidate sends a GET only after it has processed the response to the one before. A leader sends none.
  const twoReads = async () => {
    proxy.mark();
    const reads = () => proxy.calls.filter(({ label }) => label === 'GET leases').length;
    await eventually('the lease to be read twice', async () => reads() >= 2 || one.leader.leads || undefined);
  };
  await twoReads();
  // Longer than the candidate's own lease duration, shorter than the holder's.
  one.skip(3_000_000);
  await twoReads();
  expect(one.leader.leads).toBe(false);
  one.skip(600_000);
  await leads(one);
  expect(await product.admin.request('GET', path)).toMatchObject({ spec: { holderIdentity: 'one' } });
});

test('a leader that sees another holder in its lease steps down', async () => {
  // Without expiry, only the other holder can end its term.
  const one = candidate('one', STILL);
  await leads(one);
  const path = `${product.leasesPath()}/${NAME}`;
  await mergePatch(product.admin, path, { spec: { holderIdentity: 'usurper' } });
  await eventually('the end of its term', async () => (one.leader.leads ? undefined : true));
});
