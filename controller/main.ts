import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { paths } from '../contract/paths.ts';
import { openClient } from '../kube/client.ts';
import { connect } from '../kube/connection.ts';
import { Leader } from '../kube/leader.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { createLog } from '../process/log.ts';
import { serveMetrics } from '../process/metrics.ts';
import { runToEnd } from '../process/run-to-end.ts';
import { type Part, runTogether } from '../process/run-together.ts';
import { requireNonRoot } from '../process/settings.ts';
import { sleep } from '../process/sleep.ts';
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

/** Runs until aborted, or until a part of it fails; then waits for the calls in progress, and closes all that it has opened. */
async function run(settings: Settings, signal: AbortSignal): Promise<void> {
  requireNonRoot(settings.ALLOW_ROOT);
  await using opened = new AsyncDisposableStack();
  const connection = await connect({});
  const clientOf = (connections: number) =>
    opened.adopt(openClient(connection, { log, connections }), (one) => one.close());
  const client = clientOf(32);
  // With connections of its own: calls that wait for a slow webhook must not hold up a renewal.
  const leaseClient = clientOf(2);
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
    client: leaseClient,
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
  opened.defer(() => server.close());

  const serve = async (term: AbortSignal) => {
    queue = new WorkQueue();
    const writeOptions = () => leader.writeOptions;
    await serveTerm({ client, caches, tombstones, queue, settings, writeOptions, measure: metrics.measure, log }, term);
    queue = undefined;
  };
  const lead: Part = async (ended) => {
    // Decide nothing before all caches have synced: an empty cache would look like deleted Jobs.
    while (!ended.aborted && !synced()) await sleep(20, ended);
    if (ended.aborted) return;
    log('ready', { namespace: settings.NAMESPACE, runs: caches.runs.size, metricsPort: server.port });
    await leader.run(serve, ended);
  };
  await runTogether(
    [
      lead,
      ...reflectors.map(
        (one): Part =>
          (ended) =>
            one.run(ended),
      ),
    ],
    signal,
  );
}

if (process.argv.includes('--help')) console.log(help());
else await runToEnd(log, (signal) => run(loadSettings(process.env), signal));
