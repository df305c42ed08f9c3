import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { newRunId } from '../contract/ids.ts';
import { type KubeClient, openClient } from '../kube/client.ts';
import { connect } from '../kube/connection.ts';
import { createPodLogs } from '../kube/pod-logs.ts';
import { createLog, errorMessage, type Log } from '../process/log.ts';
import { serveMetrics } from '../process/metrics.ts';
import { runToEnd } from '../process/run-to-end.ts';
import { type Part, runTogether, whenAborted } from '../process/run-together.ts';
import { requireNonRoot } from '../process/settings.ts';
import { sleep } from '../process/sleep.ts';
import { createApp } from './app.ts';
import { type Auth, noAuth } from './auth/auth.ts';
import { kubernetesAuth } from './auth/kubernetes.ts';
import { oidcAuth } from './auth/oidc.ts';
import { CatalogFile } from './catalog/catalog-file.ts';
import { ConcurrencyLimit } from './hold/concurrency-limit.ts';
import { drain, listen } from './http/listen.ts';
import { loadStaticFiles } from './http/static-files.ts';
import { createMetrics } from './metrics.ts';
import { kubernetesJobLogs } from './runs/job-logs.ts';
import { KubernetesRuns } from './runs/kubernetes-runs.ts';
import { help, loadSettings, type Settings } from './settings.ts';

function chooseAuth(settings: Settings, client: KubeClient, apiServerDownSeconds: () => number, log: Log): Auth {
  if (settings.AUTH === 'none') return noAuth;
  if (settings.AUTH === 'kubernetes') {
    const audiences = settings.AUTH_AUDIENCES?.split(/[\s,]+/).filter(Boolean) ?? [];
    return kubernetesAuth({ client, namespace: settings.NAMESPACE, audiences, apiServerDownSeconds });
  }
  return oidcAuth({
    issuer: settings.OIDC_ISSUER!,
    audience: settings.OIDC_AUDIENCE!,
    algorithm: settings.OIDC_ALGORITHM,
    jwksUrl: settings.OIDC_JWKS_URL,
    nameClaim: settings.OIDC_NAME_CLAIM,
    groupsClaim: settings.OIDC_GROUPS_CLAIM,
    log,
  });
}

/** Beside the bundle, or where `npm run bundle` puts it. */
const PAGE_DIR = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../dist/page' : 'page');

/** Serves until the signal aborts, or until something that it needs fails; then closes all that it has opened. */
async function serve(settings: Settings, catalogFile: CatalogFile, log: Log, signal: AbortSignal): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const connection = await connect({});
  const clientOf = (connections: number) =>
    opened.adopt(openClient(connection, { log, connections }), (client) => client.close());
  // By purpose, so that none starves another: slow logs must not hold up triggers, nor a probe behind them look like an outage.
  const clients = { reads: clientOf(16), writes: clientOf(32), probe: clientOf(2) };
  const reviewClient = clientOf(16);
  const logClient = clientOf(16);
  const podLogs = opened.adopt(createPodLogs(connection, settings.NAMESPACE), (logs) => logs.close());
  const longLivedLimit = new ConcurrencyLimit({ total: settings.MAX_HELD, perCaller: settings.MAX_HELD_PER_CALLER });
  const metrics = createMetrics({
    runs: () => runs,
    longLivedResponses: () => longLivedLimit.active,
    configIsBroken: () => catalogFile.problem !== undefined,
  });
  const runs = new KubernetesRuns(clients, settings.NAMESPACE, log, metrics.statusLag);
  const stopping = new AbortController();
  const readinessChecks = () => [
    { name: 'runs-synced', ok: runs.hasSynced },
    // Always ok: the replica can serve with the last good file and from its cache. `?verbose` shows the note.
    { name: 'config-file', ok: true, ...(catalogFile.note && { note: catalogFile.note }) },
    {
      name: 'api-server',
      ok: true,
      ...(runs.apiServerDownSeconds > 0 && { note: `silent for ${runs.apiServerDownSeconds} s` }),
    },
  ];
  const pageFolder = settings.PAGE_DIR ?? PAGE_DIR;
  const page = await loadStaticFiles(pageFolder);
  if (!page) log('there is no web page', { folder: pageFolder }, 'warn');
  const app = createApp({
    catalog: () => catalogFile.catalog,
    runs,
    logs: kubernetesJobLogs(logClient, podLogs, settings.NAMESPACE),
    newRunId: () => newRunId(),
    readinessChecks,
    auth: chooseAuth(settings, reviewClient, () => runs.apiServerDownSeconds, log),
    caps: { total: settings.MAX_ACTIVE_RUNS, perGroup: settings.MAX_ACTIVE_RUNS_PER_GROUP },
    longLivedLimit,
    stopping: stopping.signal,
    metrics,
    log,
    ...(settings.RATE_LIMIT > 0 && { rate: { perSecond: settings.RATE_LIMIT, burst: 2 * settings.RATE_LIMIT } }),
    ...(settings.TRUST_PROXY && { proxies: settings.TRUST_PROXY }),
    page,
    getTriggers: settings.GET_TRIGGERS,
    requireLoopbackHost: settings.AUTH === 'none' && !settings.ALLOW_ANONYMOUS,
  });
  const metricsServer = await serveMetrics(metrics.registry, {
    host: settings.METRICS_HOST,
    port: settings.METRICS_PORT,
    readinessChecks,
  });
  opened.defer(() => metricsServer.close());
  const { HOST: host, PORT: port, MAX_CONNECTIONS: total, MAX_CONNECTIONS_PER_ADDRESS: perAddress } = settings;
  // Express' own answer, so that X-Forwarded-For and connections count by the same proxies.
  const isProxy = (address: string): boolean => app.get('trust proxy fn')(address, 0);
  const server = await listen(app, { host, port, connections: { total, perAddress, isProxy } });
  // Logged at any LOG_LEVEL: scripts and tests read the ports from this line.
  createLog('api')('listening', {
    host,
    port: (server.address() as AddressInfo).port,
    metricsPort: metricsServer.port,
  });
  const serveRequests: Part = async (ended) => {
    await whenAborted(AbortSignal.any([signal, ended]));
    log('stopping', { signal: signal.reason });
    stopping.abort();
    await sleep(settings.STOP_DELAY_SECONDS * 1000, ended);
    await drain(server);
  };
  // Requests need the others until the last response: they end after it, not at the signal.
  await runTogether([(ended) => catalogFile.follow(ended), (ended) => runs.follow(ended), serveRequests]);
}

async function main(): Promise<void> {
  let settings: Settings;
  let log: Log;
  let catalogFile: CatalogFile;
  try {
    settings = loadSettings(process.env);
    requireNonRoot(settings.ALLOW_ROOT);
    log = createLog('api', settings.LOG_LEVEL);
    catalogFile = await CatalogFile.open({ config: settings.CONFIG_FILE, bounds: settings.BOUNDS_FILE }, log);
  } catch (error) {
    // Not a line of the log: these are lists for whoever wrote the settings or the file.
    process.stderr.write(`${errorMessage(error)}\n`);
    process.exitCode = 1;
    return;
  }
  await runToEnd(log, (signal) => serve(settings, catalogFile, log, signal));
}

if (process.argv.includes('--help')) console.log(help());
// A thread that runs a bundle does only what it was started for (catalog/parse-thread.ts).
else if (isMainThread) await main();
