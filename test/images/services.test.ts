import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type StartedTestContainer, Wait } from 'testcontainers';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { changes, ImageContainer, lineOf, runToEnd, stop } from '../support/image-container.ts';
import { finalStatus, runOf, trigger } from '../support/rest.ts';

const SERVICES = ['api', 'controller'] as const;
type ServiceName = (typeof SERVICES)[number];
const ACCOUNTS = { api: 'async-api', controller: 'async-api-controller' };

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  for (const account of Object.values(ACCOUNTS)) await chmod(kubeconfig(account), 0o644);
  await chmod(product.folder, 0o755);
});
afterAll(() => product.uninstall());

const running = new Set<StartedTestContainer>();
afterEach(async () => {
  for (const container of running) await end(container);
});

const kubeconfig = (account: string): string => join(product.folder, `${account}.kubeconfig`);

/** A container of the image with its account's kubeconfig. */
const imageFor = (name: ServiceName): ImageContainer =>
  new ImageContainer(name)
    .withBindMounts([{ source: kubeconfig(ACCOUNTS[name]), target: '/kubeconfig', mode: 'ro' }])
    .withEnvironment({ NAMESPACE: product.namespace, KUBECONFIG: '/kubeconfig', PORT: '0', LEASE_SECONDS: '2' })
    .withEnvironment({ JOB_IMAGE: process.env.TEST_JOB_IMAGE ?? '' });

/** Starts the container and returns the addresses in its ready line. */
async function start(container: ImageContainer) {
  const ready = /"message":"(listening|ready)"/;
  const started = await container.withWaitStrategy(Wait.forLogMessage(ready)).start();
  running.add(started);
  const { port, metricsPort } = JSON.parse((await lineOf(started, ready)) ?? '{}');
  return { started, url: `http://127.0.0.1:${port}`, metricsUrl: `http://127.0.0.1:${metricsPort}` };
}

function end(container: StartedTestContainer) {
  running.delete(container);
  return stop(container);
}

const get = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
};

describe.each(SERVICES)('the image of %s', (name) => {
  test('answers health and metrics, with a read-only root', async () => {
    const { url, metricsUrl } = await start(imageFor(name));
    for (const base of name === 'api' ? [url, metricsUrl] : [metricsUrl]) {
      expect(await get(`${base}/livez`)).toEqual({ status: 200, text: 'ok' });
      await eventually('readiness', async () => (await get(`${base}/readyz`)).status === 200 || undefined);
    }
    const { status, text } = await get(`${metricsUrl}/metrics`);
    expect(status).toBe(200);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
  });

  test('ends at SIGTERM with exit code 0, within its grace period', async () => {
    const { started } = await start(imageFor(name));
    const { code, output } = await end(started);
    expect(output).toMatch(/"message":"stopped"/);
    expect(code).toBe(0);
  });

  test('refuses to run as root, and says what to do', async () => {
    const { code, output } = await runToEnd(imageFor(name).withUser('0'));
    expect(output).toMatch(/Expected a user other than root: leave the image's own \(65532\)/);
    expect(code).toBe(1);
  });

  test('writes nothing to a writable root file system', async () => {
    const { started, metricsUrl } = await start(imageFor(name).withWritableRoot());
    await get(`${metricsUrl}/metrics`);
    // The engine creates the mount point.
    expect((await changes(started)).filter((path) => path !== '/kubeconfig')).toEqual([]);
  });
});

test('together they run a group of the built-in configuration to its end', async () => {
  const api = await start(imageFor('api'));
  await start(imageFor('controller'));
  product.url = api.url;
  const [first] = await trigger(product, 'group_a');
  expect(await finalStatus(product, first!, 90_000)).toMatchObject({ state: 'SUCCESS' });
  for (const [path, says] of [
    ['/openapi.json', '"openapi":"3.1.1"'],
    ['/docs', '<!doctype html>'],
  ] as const) {
    const { status, text } = await get(api.url + path);
    expect(status).toBe(200);
    expect(text).toContain(says);
  }
}, 120_000);

test('an API with an open event stream ends within its grace period', async () => {
  const { started, url } = await start(imageFor('api'));
  product.url = url;
  const [first] = await trigger(product, 'group_a');
  const events = await fetch(`${url}/runs/${runOf(first!)}/events`);
  expect(events.status).toBe(200);
  expect(await end(started)).toMatchObject({ code: 0 });
  await events.body?.cancel();
});
