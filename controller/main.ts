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
import { MAX_CONCURRENT } from './concurrency.ts';
import { createMetrics } from './metrics.ts';
import { help, loadSettings, type Settings } from './settings.ts';
import { serveTerm } from './term.ts';
import { Tombstones } from './tombstones.ts';

/** Between two reconciles of a run for changes of its Jobs and pods, which come in bursts; a reconcile of a thousand jobs takes 5 ms. */
const GAP_MS = 20;
const GAP_MS_PER_JOB = 0.1;
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
  // With connections of their own: Jobs that wait for a slow webhook must not hold up the statuses of other runs.
  const jobsClient = clientOf(MAX_CONCURRENT);
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
      queue?.addSpaced(name, GAP_MS + GAP_MS_PER_JOB * (caches.runs.get(name)?.spec.jobs.length ?? 0));
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
    const { measure } = metrics;
    await serveTerm({ client, jobsClient, caches, tombstones, queue, settings, writeOptions, measure, log }, term);
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
