import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TOO_MANY_REQUESTS } from '../fault-proxy/answer.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { WATCH_FAULTS } from '../fault-proxy/watch-faults.ts';
import { accountToken, letApiAskWhoCalls, onGroups } from '../support/accounts.ts';
import { hang, proxied, sharedConnections } from '../support/behind-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { Product, type Replica } from '../support/harness.ts';
import { metricsOf } from '../support/metrics.ts';
import { cached, finalStatus, runOf, statusPaths, trigger } from '../support/rest.ts';

const OUTAGE_MS = 30_000;
let product: Product;
let proxy: FaultProxy;
/** Both behind the proxy; the second authenticates callers at the API server. */
let open: Replica;
let guarded: Replica;
let token: string;
let env: Record<string, string>;
let disallow: () => Promise<void>;
beforeAll(async () => {
  product = await Product.install();
  const behind = await proxied(product, 'async-api');
  proxy = behind.proxy;
  const CONFIG_FILE = await product.writeConfig({ groups: { quick: { jobs: { one: { sleep: { seconds: 0 } } } } } });
  disallow = await letApiAskWhoCalls(product);
  token = await accountToken(product, 'reader', [onGroups(['get'])]);
  env = { CONFIG_FILE, KUBECONFIG: behind.kubeconfig };
  [open, guarded] = await Promise.all([
    product.startReplica(env),
    product.startReplica({ ...env, AUTH: 'kubernetes' }),
    product.startController(),
  ]);
  product.url = open.url;
});
afterAll(async () => {
  await open.service.stop();
  await guarded.service.stop();
  await disallow();
  await product.uninstall();
  await proxy.close();
});

/** Cuts the API off from the API server. The function that it returns ends that. */
function partition(): () => void {
  const outage = Promise.withResolvers<void>();
  proxy.partition = outage.promise;
  return () => {
    proxy.partition = undefined;
    outage.resolve();
  };
}

const asked = (url: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } });

/** Polls until then. Every answer must be 200; returns their times. */
async function keepAsking(url: string, until: number, seen: (response: Response) => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  while (performance.now() < until) {
    const response = await asked(url);
    expect(response.status).toBe(200);
    await seen(response);
    times.push(performance.now());
    await sleep(200);
  }
  return times;
}

test('during an outage of the API server status is answered and triggers are 503; afterwards triggers work again, and no accepted run is lost', async () => {
  const accepted: string[] = [];
  const refused: Response[] = [];
  let stopped = false;
  const load = async () => {
    while (!stopped) {
      const response = await fetch(`${open.url}/group/quick`, { method: 'POST' });
      if (response.status === 202) accepted.push(...(await statusPaths(response)));
      else refused.push(response);
      await sleep(500);
    }
  };
  const loading = load();
  const done = await eventually('an accepted run', async () => accepted[0]);
  await finalStatus(product, done);
  // From here on the caller, its rights and the run's end are cached.
  await eventually('the final state at the other replica', async () => {
    const status = await (await asked(guarded.url + done)).text();
    return status.includes('SUCCESS') || undefined;
  });
  const stale = { warning: '', age: 0, gauge: 0 };
  const until = performance.now() + OUTAGE_MS;
  const mend = partition();
  const [anybody, known] = await Promise.all([
    keepAsking(open.url + done, until, async ({ headers }) => {
      stale.warning = headers.get('warning') ?? stale.warning;
      stale.age = Math.max(stale.age, Number(headers.get('age')));
    }),
    keepAsking(guarded.url + done, until, async () => {
      const [age = 0] = (await metricsOf(open.metricsUrl)).values('async_api_cache_age_seconds');
      stale.gauge = Math.max(stale.gauge, age);
    }),
  ]);
  mend();
  // If each answer waited for the API server, there would be one or two.
  for (const times of [anybody, known]) expect(times.filter((at) => at > until - 10_000).length).toBeGreaterThan(5);
  expect(stale).toEqual({
    warning: expect.stringMatching(/^110 /),
    age: expect.any(Number),
    gauge: expect.any(Number),
  });
  expect(Math.min(stale.age, stale.gauge)).toBeGreaterThan(15);
  expect(refused.length).toBeGreaterThan(5);
  for (const { status, headers } of refused) {
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }

  const before = accepted.length;
  await eventually('a trigger after the outage', async () => (accepted.length > before ? true : undefined));
  stopped = true;
  await loading;
  expect((await finalStatus(product, accepted.at(-1)!)).state).toBe('SUCCESS');
  const stored = new Set((await product.storedRuns()).map(({ metadata }) => metadata.name));
  for (const path of accepted) expect(stored).toContain(runOf(path));
}, 150_000);

/** Triggers again and again for so long. Returns the statuses. */
async function keepTriggering(url: string, ms: number, token: () => Promise<string>): Promise<number[]> {
  const statuses: number[] = [];
  for (const until = performance.now() + ms; performance.now() < until; await sleep(500)) {
    const headers = { authorization: `Bearer ${await token()}` };
    const response = await fetch(`${url}/group/quick`, { method: 'POST', headers });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  return statuses;
}
/** Longer than the API takes to notice that the API server sends no response. */
const NOTICED_MS = 12_000;
const readiness = async (url: string) => (await fetch(`${url}/readyz?verbose`)).text();

test('while the API server throttles half of the calls, triggers that pass are 202', async () => {
  let creates = 0;
  proxy.mark();
  // Every probe, and the first try of every trigger.
  proxy.refusal = ({ label }) =>
    label === 'GET groupruns' || (label === 'POST groupruns' && creates++ % 2 === 0) ? TOO_MANY_REQUESTS : undefined;
  try {
    const statuses = await keepTriggering(open.url, NOTICED_MS, async () => '');
    expect(statuses.length).toBeGreaterThan(4);
    expect(statuses.filter((status) => status !== 202)).toEqual([]);
    expect(creates).toBe(2 * statuses.length);
    expect(await readiness(open.url)).not.toMatch(/silent/);
  } finally {
    proxy.refusal = undefined;
  }
}, 120_000);

test('lists for logs that hang hold up no trigger, no probe and no review of a caller', async () => {
  const newToken = () => accountToken(product, 'trigger', [onGroups(['create', 'get'])]);
  const first = { authorization: `Bearer ${await newToken()}` };
  const path = await eventually('the right to trigger', async () => {
    const response = await fetch(`${guarded.url}/group/quick`, { method: 'POST', headers: first });
    return response.status === 202 ? (await statusPaths(response))[0] : void response.body?.cancel();
  });
  proxy.mark();
  const release = hang(proxy, /^LIST pods/);
  let stopped = false;
  const read = async () => {
    while (!stopped) await fetch(`${guarded.url}${path}/logs`, { headers: first }).then((response) => response.text());
  };
  const reading = Array.from({ length: 100 }, read);
  try {
    const statuses = await keepTriggering(guarded.url, NOTICED_MS, newToken);
    expect(statuses.length).toBeGreaterThan(4);
    expect(statuses.filter((status) => status !== 202)).toEqual([]);
    expect(await readiness(guarded.url)).not.toMatch(/silent/);
  } finally {
    stopped = true;
    release();
    await Promise.all(reading);
  }
  const purposes = { logs: /^LIST pods/, triggers: /^POST groupruns/, probe: /^GET groupruns/, reviews: /reviews$/ };
  for (const pattern of Object.values(purposes))
    expect(proxy.calls.filter(({ label }) => pattern.test(label)).length).toBeGreaterThan(3);
  expect(sharedConnections(proxy.calls, purposes)).toEqual([]);
}, 120_000);

test('a watch that becomes silent while other calls work is detected and reopened', async () => {
  const groups = { slow: { jobs: { one: { sleep: { seconds: 8 } } } } };
  const CONFIG_FILE = await product.writeConfig({ groups }, 'slow.yaml');
  const replica = await product.startReplica({ ...env, CONFIG_FILE });
  try {
    const [path] = await trigger(replica, 'slow');
    await cached(replica, 'slow');
    // Three replicas watch through this proxy, and each fault is injected into one watch.
    for (let watch = 0; watch < 3; watch++)
      proxy.watchFaults.add({
        matches: ({ label }) => label === 'WATCH groupruns',
        inject: WATCH_FAULTS['black-holed']!,
      });
    expect((await finalStatus(replica, path!)).state).toBe('SUCCESS');
    const log = await readFile(join(product.folder, 'api.log'), 'utf8');
    expect(log).toMatch(/the watch missed a change/);
  } finally {
    proxy.watchFaults.clear();
    await replica.service.stop();
  }
});

test('a replica that starts during an outage is not ready and lists no runs, until it has read all of them', async () => {
  const mend = partition();
  const late = await product.startReplica(env);
  try {
    const statusOf = async (path: string) => (await fetch(late.url + path)).status;
    expect([await statusOf('/livez'), await statusOf('/readyz'), await statusOf('/runs')]).toEqual([200, 503, 503]);
    mend();
    await eventually('readiness', async () => (await statusOf('/readyz')) === 200 || undefined);
    const { runs } = (await (await fetch(`${late.url}/runs`)).json()) as { runs: unknown[] };
    expect(runs.length).toBeGreaterThan(0);
  } finally {
    mend();
    await late.service.stop();
  }
});
