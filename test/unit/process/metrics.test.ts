import { afterEach, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { type MetricsServer, serveMetrics } from '../../../process/metrics.ts';
import type { ReadinessCheck } from '../../../process/readiness.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { openRaw, rawRequest, sendRaw } from '../../support/raw-http.ts';

let app: TestApp | undefined;
let server: MetricsServer;
afterEach(async () => {
  await server.close();
  await app?.close();
  app = undefined;
});

/** Starts the server and returns its address. */
async function start(checks: ReadinessCheck[] = [{ name: 'a', ok: true }]): Promise<string> {
  server = await serveMetrics(new Registry(), { host: '127.0.0.1', port: 0, readinessChecks: () => checks });
  return `http://127.0.0.1:${server.port}`;
}

test.each([true, false])('readiness is the same on the metrics port and on that of the API: %s', async (ok) => {
  const checks = [
    { name: 'a', ok: true },
    { name: 'b', ok, note: 'so it is' },
  ];
  app = await startApp({ readinessChecks: () => checks });
  const url = await start(checks);
  for (const path of ['/livez', '/readyz', '/readyz?verbose', '/readyz?verbose=1&x']) {
    const [other, own] = await Promise.all([fetch(app.url + path), fetch(url + path)]);
    expect([own.status, await own.text()]).toEqual([other.status, await other.text()]);
  }
});

test('a probe is answered while another address has all the connections that it may have', async () => {
  const url = await start();
  const silent = Array.from({ length: 60 }, () => openRaw(url, ''));
  try {
    expect((await sendRaw(url, rawRequest('GET', '/livez'), 2000)).status).not.toBe(200);
    expect((await sendRaw(url, rawRequest('GET', '/livez'), 2000, '127.0.0.2')).status).toBe(200);
  } finally {
    for (const socket of silent) socket.destroy();
  }
});

test('headers of more than 16 KiB are 431', async () => {
  const url = await start();
  expect((await sendRaw(url, rawRequest('GET', '/livez', { X: 'x'.repeat(17_000) }))).status).toBe(431);
});
