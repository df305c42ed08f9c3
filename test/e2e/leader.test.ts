import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newRunId } from '../../contract/ids.ts';
import type { Service } from '../../scripts/service.ts';
import { isMutating } from '../fault-proxy/call.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { hang, proxied, sharedConnections } from '../support/behind-proxy.ts';
import { definition, run } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, statusOf, trigger } from '../support/rest.ts';

const LEASE_SECONDS = 4;
let product: Product;
let replicas: Service[];
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
  replicas = [await start(), await start()];
});
afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  await product.uninstall();
  for (const proxy of proxies.values()) await proxy.close();
});

/** Each replica's proxy, which records its calls. */
const proxies = new Map<Service, FaultProxy>();
async function start(): Promise<Service> {
  const { kubeconfig, proxy } = await proxied(product, 'async-api-controller');
  const replica = await product.startController({ LEASE_SECONDS: `${LEASE_SECONDS}`, KUBECONFIG: kubeconfig });
  proxies.set(replica, proxy);
  return replica;
}

interface Lease {
  spec: { holderIdentity: string; renewTime: string; leaseTransitions: number };
}
const lease = () => product.admin.request<Lease>('GET', `${product.leasesPath()}/async-api-controller`);
const leader = () =>
  eventually('a leader', async () => {
    const found = await lease().catch(() => undefined);
    return found?.spec.holderIdentity || undefined;
  });

/** The leader and the standby. */
async function roles(): Promise<{ leading: Service; standby: Service }> {
  const holder = await leader();
  const leads = async ({ metricsPort }: Record<string, unknown>) => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    return /^async_api_controller_leader 1$/m.test(text);
  };
  const [first, second] = replicas as [Service, Service];
  return eventually(`one leader, ${holder}`, async () => {
    const [one, other] = [await leads(await first.ready()), await leads(await second.ready())];
    if (one === other) return undefined;
    return one ? { leading: first, standby: second } : { leading: second, standby: first };
  });
}

const succeeds = async (paths: string[]) => {
  for (const path of paths) expect((await finalStatus(product, path)).state).toBe('SUCCESS');
};
const log = () => readFile(join(product.folder, 'controller.log'), 'utf8');

test('of two replicas one leads, and its lease has times in microseconds', async () => {
  await roles();
  expect((await lease()).spec.renewTime).toMatch(/\.\d{6}Z$/);
  await succeeds(await trigger(product, 'group_a'));
});

test('the length of its queue and the age of its watches are metrics', async () => {
  const { leading } = await roles();
  const { metricsPort } = await leading.ready();
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(metrics).toMatch(/^async_api_workqueue_depth \d+$/m);
  expect(metrics).toMatch(/^async_api_reconcile_total\{result="success"\} [1-9]/m);
  for (const resource of ['runs', 'jobs', 'pods', 'failedCreates', 'podEvents']) {
    const [, age] = metrics.match(`async_api_watch_last_event_age_seconds{resource="${resource}"} (.+)`) ?? [];
    expect(Number(age)).toBeLessThan(120);
  }
  expect((await fetch(`http://127.0.0.1:${metricsPort}/readyz`)).status).toBe(200);
});

test('a leader goes on leading while its creates of Jobs hang on all their connections', async () => {
  const { leading } = await roles();
  const proxy = proxies.get(leading)!;
  const before = await lease();
  const release = hang(proxy, /^POST jobs/);
  proxy.mark();
  const names = Array.from({ length: 8 }, () => newRunId());
  try {
    // No node has this label, so none of them ever runs.
    const rest = definition({ pod: { nodeSelector: { 'async-api.dev/node': 'none' } } });
    const jobs = Array.from({ length: 10 }, (_, i) => ({ ...rest, name: `job-${i}` }));
    for (const name of names) await product.createRun(run(jobs).spec, name);
    const creates = () => proxy.calls.filter(({ label }) => label.startsWith('POST jobs')).length;
    // Each is given up after a third of the lease, and sent again.
    await eventually('hanging creates', async () => creates() > 100 || undefined);
    const { spec } = await lease();
    expect(spec).toMatchObject({ holderIdentity: before.spec.holderIdentity });
    expect(spec.renewTime > before.spec.renewTime).toBe(true);
    expect(spec.leaseTransitions).toBe(before.spec.leaseTransitions);
    expect(sharedConnections(proxy.calls, { lease: / leases/, 'all others': /^(?!.* leases)/ })).toEqual([]);
  } finally {
    for (const name of names) await product.admin.request('DELETE', product.runsPath(name)).catch(() => {});
    release();
  }
});

test('a leader that is stopped hands over at once', async () => {
  const before = await leader();
  const { leading } = await roles();
  await leading.stop();
  // Released, not expired.
  expect((await lease()).spec.holderIdentity).not.toBe(before);
  const after = await eventually('another leader', async () => {
    const holder = await leader();
    return holder === before ? undefined : holder;
  });
  expect(after).not.toBe(before);
  replicas = [...replicas.filter((one) => one !== leading), await start()];
  await succeeds(await trigger(product, 'group_a'));
});

test('the standby leads when the lease of a killed leader expires, and no accepted run is lost', async () => {
  const { leading } = await roles();
  const paths = await trigger(product, 'group_a');
  await leading.kill();
  await succeeds(paths);
  replicas = [...replicas.filter((one) => one !== leading), await start()];
});

test('a leader that slept past its lease writes nothing when it wakes up', async () => {
  const { leading } = await roles();
  process.kill(leading.pid, 'SIGSTOP');
  const paths = await trigger(product, 'group_a');
  await eventually('the other replica at work', async () => {
    const { state } = await statusOf(product, paths[0]!);
    return state === 'PENDING' ? undefined : true;
  });
  const before = (await log()).length;
  const proxy = proxies.get(leading)!;
  proxy.mark();
  process.kill(leading.pid, 'SIGCONT');
  await eventually('its end', async () => /"stopped leading"/.test((await log()).slice(before)) || undefined);
  await succeeds(paths);
  const writes = proxy.calls.filter(({ label }) => isMutating(label) && !label.includes(' leases'));
  expect(writes).toEqual([]);
  expect((await log()).slice(before)).not.toMatch(/"leading"/);
});
