import type { AddressInfo } from 'node:net';
import type { IRouter } from 'express';
import { createApp } from '../../api/app.ts';
import { noAuth } from '../../api/auth/auth.ts';
import { parseCatalog } from '../../api/catalog/catalog.ts';
import type { Deps } from '../../api/deps.ts';
import { ConcurrencyLimit } from '../../api/hold/concurrency-limit.ts';
import { listen } from '../../api/http/listen.ts';
import { createMetrics } from '../../api/metrics.ts';
import { newRunId } from '../../contract/ids.ts';
import { MemoryRuns } from './memory-runs.ts';

const GROUPS = 'groups: { good: { jobs: { one: { sleep: { seconds: 1 } }, two: { log: { lines: 1 } } } }, empty: {} }';

export interface TestApp {
  url: string;
  router: IRouter;
  runs: MemoryRuns;
  /** Every log entry. */
  logged: Record<string, unknown>[];
  close(): Promise<void>;
}

/** The REST service, with runs in memory, on a free port. */
export async function startApp(changes: Partial<Deps> = {}, groups = GROUPS): Promise<TestApp> {
  const runs = new MemoryRuns();
  const logged: Record<string, unknown>[] = [];
  const catalog = parseCatalog(groups);
  const deps: Deps = {
    catalog: () => catalog,
    runs,
    logs: { pods: async () => [], sharedPods: async () => [], read: async () => undefined },
    newRunId: () => newRunId(),
    readinessChecks: () => [{ name: 'runs-synced', ok: true }],
    auth: noAuth,
    caps: { total: 1000, perGroup: 1000 },
    metrics: createMetrics({ runs: () => runs, longLivedResponses: () => 0, configIsBroken: () => false }),
    longLivedLimit: new ConcurrencyLimit({ total: 100, perCaller: 50 }),
    stopping: new AbortController().signal,
    log: (message, fields, level = 'info') => void logged.push({ message, level, ...fields }),
    ...changes,
  };
  const app = createApp(deps);
  const server = await listen(app, { host: '127.0.0.1', port: 0, connections: { total: 20_000, perAddress: 20_000 } });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    router: app.router,
    runs,
    logged,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
