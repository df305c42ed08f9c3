import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../contract/paths.ts';
import { createClient } from '../kube/client.ts';
import { Leader } from '../kube/leader.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { createLog, errorMessage } from '../process/log.ts';
import { serveMetrics } from '../process/metrics.ts';
import { requireNonRoot } from '../process/settings.ts';
import { createCaches } from './caches.ts';
import { createMetrics } from './metrics.ts';
import { help, loadSettings, type Settings } from './settings.ts';
import { serveTerm } from './term.ts';
import { Tombstones } from './tombstones.ts';

/**
 * Changes of a run within this time are reconciled together: at most ten status writes a second. Large runs wait longer, as
 * each write is larger; but not runs with parallelism, since their next Job waits for the reconcile.
 */
const COALESCE_MS = 100;
const COALESCE_MS_PER_JOB = 3;
const LEASE = 'async-api-controller';

const log = createLog('controller');

/** Runs until aborted, then waits for the calls in progress. Rejects if no cluster is configured. */
async function run(settings: Settings, signal: AbortSignal): Promise<void> {
  requireNonRoot(settings.ALLOW_ROOT);
  const client = await createClient({ log });
  // The queue of the current term. Undefined while another replica leads; the next term starts from the caches.
  let queue: WorkQueue | undefined;
  const tombstones = new Tombstones();
  const caches = createCaches({
    tombstones,
    client,
    log,
    namespace: settings.NAMESPACE,
    maxIdleMs: settings.WATCH_SILENCE_SECONDS * 1000,
    enqueue: (name, when) => {
      if (when === 'now') return queue?.add(name);
      const { jobs = [], parallelism } = caches.runs.get(name)?.spec ?? {};
      queue?.addAfter(name, Math.max(COALESCE_MS, parallelism ? 0 : COALESCE_MS_PER_JOB * jobs.length));
    },
  });
  const leader = new Leader({
    client,
    log,
    path: paths(settings.NAMESPACE).leases,
    name: LEASE,
    identity: `${hostname()}_${randomUUID()}`,
    leaseMs: settings.LEASE_SECONDS * 1000,
  });
  const metrics = createMetrics({ caches, leads: () => leader.leads, queueDepth: () => queue?.depth ?? 0 });
  const reflectors = Object.values(caches);
  const synced = () => reflectors.every(({ hasSynced }) => hasSynced);
  const server = await serveMetrics(metrics.registry, {
    host: settings.METRICS_HOST,
    port: settings.METRICS_PORT,
    readinessChecks: () => [{ name: 'caches-synced', ok: synced() }],
  });

  const watching = reflectors.map((reflector) => reflector.run(signal));
  // Decide nothing before all caches have synced: an empty cache would look like deleted Jobs.
  while (!signal.aborted && !synced()) await sleep(20);
  if (!signal.aborted) {
    log('ready', { namespace: settings.NAMESPACE, runs: caches.runs.size, metricsPort: server.port });
  }
  const serve = async (term: AbortSignal) => {
    queue = new WorkQueue();
    const writeOptions = () => leader.writeOptions;
    await serveTerm({ client, caches, tombstones, queue, settings, writeOptions, measure: metrics.measure, log }, term);
    queue = undefined;
  };
  await leader.run(serve, signal);
  await Promise.all(watching);
  await Promise.all([client.close(), server.close()]);
}

if (process.argv.includes('--help')) console.log(help());
else {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT']) once(process, name).then(() => stop.abort());
  try {
    await run(loadSettings(process.env), stop.signal);
    log('stopped');
  } catch (error) {
    log('cannot go on', { error: errorMessage(error) });
    process.exitCode = 1;
    stop.abort();
  }
}
