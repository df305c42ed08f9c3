import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import { Reflector } from '../../kube/reflector.ts';
import { statusAnswer } from '../fault-proxy/answer.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { WATCH_FAULTS } from '../fault-proxy/watch-faults.ts';
import { behindProxy, onceOn } from '../support/behind-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';

const MAX_IDLE_MS = 2000;
let product: Product;
let client: KubeClient;
let proxy: FaultProxy;
let reflector: Reflector<GroupRun>;
let running: Promise<void>;
let stop: AbortController;
/** The calls of the handler: `+a` for a new object a, `-a` for a deleted one, `~a` for a change, `=a` for a resync. */
let told: string[];

beforeAll(async () => {
  product = await Product.install();
  ({ client, proxy } = await behindProxy(product));
});
afterAll(async () => {
  await client.close();
  await proxy.close();
  await product.uninstall();
});
beforeEach(() => start());
afterEach(async () => {
  proxy.mend();
  stop.abort();
  await running;
});

function start(options: { resyncMs?: number } = {}): void {
  told = [];
  stop = new AbortController();
  proxy.mark();
  reflector = new Reflector<GroupRun>({
    transform: (run) => run,
    client,
    path: product.runsPath(),
    maxIdleMs: MAX_IDLE_MS,
    log: () => {},
    onChange: (previous, current) => {
      const { name } = (current ?? previous)!.metadata;
      told.push(`${!previous ? '+' : !current ? '-' : previous === current ? '=' : '~'}${name}`);
    },
    ...options,
  });
  running = reflector.run(stop.signal);
}

const job = { name: 'a', sleep: { seconds: 1 }, activeDeadlineSeconds: 1, pendingDeadlineSeconds: 1, backoffLimit: 0 };
const create = (name: string) =>
  product.admin.request<GroupRun>('POST', product.runsPath(), {
    body: {
      apiVersion: 'async-api.dev/v1alpha1',
      kind: 'GroupRun',
      metadata: { name },
      spec: { group: 'g', jobs: [job] },
    },
  });
const remove = (name: string) => product.admin.request('DELETE', product.runsPath(name));
const count = (label: string) => proxy.calls.filter((call) => call.label === label).length;
const lists = () => count('LIST groupruns');
const synced = () => eventually('a list', async () => reflector.hasSynced || undefined);
const watching = () => eventually('a watch', async () => count('WATCH groupruns') > 0 || undefined);
const holds = (name: string) => eventually(`${name} in the cache`, async () => reflector.get(name));
const onWatch = (fault: keyof typeof WATCH_FAULTS) =>
  proxy.watchFaults.add({ matches: ({ label }) => label === 'WATCH groupruns', inject: WATCH_FAULTS[fault]! });

test('a creation and a deletion are each reported once', async () => {
  await synced();
  await create('seen');
  await holds('seen');
  await remove('seen');
  await eventually('the end', async () => told.includes('-seen') || undefined);
  expect(told.filter((one) => one.endsWith('seen'))).toEqual(['+seen', '-seen']);
});

test('an event that comes twice is reported once', async () => {
  await watching();
  onWatch('each event twice');
  await create('twice');
  await holds('twice');
  await create('after-twice');
  await holds('after-twice');
  expect(proxy.watchFaults.size).toBe(0);
  expect(told.filter((one) => one.endsWith('-twice') || one === '+twice')).toEqual(['+twice', '+after-twice']);
});

test('a watch that is cut continues where it was, without a new list', async () => {
  await watching();
  onWatch('cut in an event');
  await create('cut');
  await holds('cut');
  expect(proxy.watchFaults.size).toBe(0);
  expect(lists()).toBe(1);
});

test('a watch that becomes silent is closed and reopened', async () => {
  await watching();
  onWatch('black-holed');
  await create('unheard');
  await holds('unheard');
  expect(proxy.watchFaults.size).toBe(0);
  expect(count('WATCH groupruns')).toBeGreaterThanOrEqual(2);
  expect(lists()).toBe(1);
});

test('after 410 a new list reports what was deleted and what was recreated meanwhile', async () => {
  await create('gone');
  await create('anew');
  await holds('anew');
  await watching();
  onWatch('410');
  onceOn(proxy, 'LIST groupruns', async (exchange) => {
    await remove('gone');
    await remove('anew');
    await create('anew');
    exchange.answer(await exchange.forward());
  });
  told.length = 0;
  await create('trigger-410');
  await eventually('the new list', async () => told.includes('-gone') || undefined);
  expect(lists()).toBe(2);
  expect(told.filter((one) => one.endsWith('anew'))).toEqual(['-anew', '+anew']);
});

test('a resourceVersion from the future, as after a restored etcd, leads to a new list', async () => {
  await watching();
  onWatch('closed');
  const answer = statusAnswer(504, 'Timeout');
  const body = JSON.parse(answer.body);
  body.details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] };
  onceOn(proxy, 'WATCH groupruns', async (exchange) => exchange.answer({ ...answer, body: JSON.stringify(body) }));
  await create('restored');
  await holds('restored');
  expect(lists()).toBe(2);
});

test('all pages of a list are read, also when the token for the next page has expired', async () => {
  stop.abort();
  await running;
  const names = Array.from({ length: 120 }, (_, index) => `page-${index}`);
  for (let at = 0; at < names.length; at += 20) await Promise.all(names.slice(at, at + 20).map(create));
  start();
  await synced();
  expect(lists()).toBe(2);
  expect(names.filter((name) => !reflector.get(name))).toEqual([]);
  stop.abort();
  await running;

  start();
  onceOn(proxy, 'LIST groupruns', async (exchange) => {
    onceOn(proxy, 'LIST groupruns', async (second) => second.answer(statusAnswer(410, 'Expired')));
    exchange.answer(await exchange.forward());
  });
  await synced();
  // The first page, the expired token, and the whole list.
  expect(lists()).toBe(3);
  expect(names.filter((name) => !reflector.get(name))).toEqual([]);
});

test('every object is passed to the handler again at each resync', async () => {
  await create('resynced');
  stop.abort();
  await running;
  start({ resyncMs: 300 });
  await holds('resynced');
  await eventually('it, twice', async () => told.filter((one) => one === '=resynced').length >= 2 || undefined);
});
