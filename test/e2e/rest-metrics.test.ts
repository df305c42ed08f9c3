import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { statusAnswer } from '../fault-proxy/answer.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { onceOn, proxied } from '../support/behind-proxy.ts';
import { EventReader } from '../support/event-reader.ts';
import { eventually } from '../support/eventually.ts';
import { Product, type Replica } from '../support/harness.ts';
import { metricsOf } from '../support/metrics.ts';
import { finalStatus, statusPaths } from '../support/rest.ts';

let product: Product;
let proxy: FaultProxy;
let api: Replica;
let controllerUrl: string;
beforeAll(async () => {
  product = await Product.install();
  const behind = await proxied(product, 'async-api-controller');
  proxy = behind.proxy;
  const groups = {
    quick: { jobs: { one: { sleep: { seconds: 0 } }, two: { sleep: { seconds: 0 } } } },
    long: { jobs: { one: { sleep: { seconds: 600 } } } },
    empty: {},
  };
  const CONFIG_FILE = await product.writeConfig({ groups });
  const [replica, controller] = await Promise.all([
    product.startReplica({ CONFIG_FILE }),
    product.startController({ KUBECONFIG: behind.kubeconfig }),
  ]);
  api = replica;
  product.url = api.url;
  controllerUrl = `http://127.0.0.1:${(await controller.ready()).metricsPort}`;
});
afterAll(async () => {
  await api.service.stop();
  await product.uninstall();
  await proxy.close();
});

const post = (path: string, headers: Record<string, string> = {}) => fetch(api.url + path, { method: 'POST', headers });

test('metrics count requests, triggers, runs and the lag of their states', async () => {
  const first = await post('/group/quick', { 'Idempotency-Key': 'k' });
  await post('/group/quick', { 'Idempotency-Key': 'k' });
  await post('/group/empty');
  await post('/group/nowhere');
  const paths = await statusPaths(first);
  for (const path of paths) await finalStatus(product, path);

  const after = await metricsOf(api.metricsUrl);
  const requests = (code: number) =>
    after.values('http_request_duration_seconds_count', { method: 'POST', route: '/group/:name', code });
  expect([requests(202), requests(422), requests(404)]).toEqual([[2], [1], [1]]);
  const triggers = (outcome: string) => after.values('async_api_triggers_total', { outcome });
  expect(['accepted', 'replayed', 'refused', 'failed'].map(triggers)).toEqual([[1], [1], [2], [0]]);
  expect(after.values('async_api_status_lag_seconds_count')).toEqual([2]);
  expect(after.values('async_api_status_lag_seconds_bucket', { le: '300' })).toEqual([2]);
  expect(after.values('async_api_cache_age_seconds')).toEqual([0]);
  expect(after.values('async_api_active_runs')).toEqual([0]);
  expect(after.values('async_api_config_broken')).toEqual([0]);
  expect(after.values('process_resident_memory_bytes')[0]).toBeGreaterThan(1e6);
});

test("metrics count the controller's queue, its reconciles and their errors", async () => {
  const ended = async (result: string) =>
    (await metricsOf(controllerUrl)).values('async_api_reconcile_total', { result })[0]!;
  const [errors, successes] = [await ended('error'), await ended('success')];
  // Three, since the client retries twice.
  for (let i = 0; i < 3; i++) {
    onceOn(proxy, 'POST jobs/1', async (exchange) => exchange.answer(statusAnswer(500, 'InternalError')));
  }
  const response = await post('/group/quick');
  const paths = await statusPaths(response);
  for (const path of paths) expect((await finalStatus(product, path)).state).toBe('SUCCESS');
  expect(await ended('error')).toBeGreaterThan(errors);
  expect(await ended('success')).toBeGreaterThan(successes);
  const all = await metricsOf(controllerUrl);
  expect(all.values('async_api_workqueue_depth')).toHaveLength(1);
  await eventually('a leader', async () => {
    const [leads] = (await metricsOf(controllerUrl)).values('async_api_controller_leader');
    return leads === 1 || undefined;
  });
  expect(all.values('async_api_watch_last_event_age_seconds').length).toBeGreaterThanOrEqual(4);
});

test('metrics are served on their own port only', async () => {
  expect((await fetch(`${api.url}/metrics`)).status).toBe(404);
  await eventually('readiness', async () => (await fetch(`${controllerUrl}/readyz`)).ok || undefined);
});

test('a metric counts long-lived responses while they are open', async () => {
  const run = (await post('/group/long')).headers.get('location');
  const events = await EventReader.open(`${api.url}${run}/events`);
  await events.next();
  const held = async () => (await metricsOf(api.metricsUrl)).values('async_api_held_answers')[0];
  expect(await held()).toBe(1);
  events.close();
  await eventually('none held', async () => (await held()) === 0 || undefined);
});

test('a replica that logs only errors still logs its address', async () => {
  const { url, service } = await product.startReplica({ LOG_LEVEL: 'error' });
  try {
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  } finally {
    await service.stop();
  }
});
