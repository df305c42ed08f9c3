import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { newRunId } from '../contract/ids.ts';
import { createClient, type KubeClient } from '../kube/client.ts';
import { createPodLogs } from '../kube/pod-logs.ts';
import { createLog, errorMessage, type Log } from '../process/log.ts';
import { serveMetrics } from '../process/metrics.ts';
import { requireNonRoot } from '../process/settings.ts';
import { createApp } from './app.ts';
import { type Auth, noAuth } from './auth/auth.ts';
import { kubernetesAuth } from './auth/kubernetes.ts';
import { oidcAuth } from './auth/oidc.ts';
import { CatalogFile } from './catalog/catalog-file.ts';
import { ConcurrencyLimit } from './hold/concurrency-limit.ts';
import { drain, listen } from './http/listen.ts';
import { createMetrics } from './metrics.ts';
import { kubernetesJobLogs } from './runs/job-logs.ts';
import { KubernetesRuns } from './runs/kubernetes-runs.ts';
import { help, loadSettings, type Settings } from './settings.ts';

function chooseAuth(
  settings: Settings,
  client: KubeClient,
  catalogFile: CatalogFile,
  apiServerDownSeconds: () => number,
  log: Log,
): Auth {
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
    isDeclared: (group) => catalogFile.catalog.has(group),
    log,
  });
}

async function main(settings: Settings): Promise<void> {
  requireNonRoot(settings.ALLOW_ROOT);
  const log = createLog('api', settings.LOG_LEVEL);
  const catalogFile = await CatalogFile.open(settings.CONFIG_FILE, log);
  const client = await createClient({ log });
  const podLogs = await createPodLogs(settings.NAMESPACE);
  const longLivedLimit = new ConcurrencyLimit({ total: settings.MAX_HELD, perCaller: settings.MAX_HELD_PER_CALLER });
  const metrics = createMetrics({
    runs: () => runs,
    longLivedResponses: () => longLivedLimit.active,
    configIsBroken: () => catalogFile.problem !== undefined,
  });
  const runs = new KubernetesRuns(client, settings.NAMESPACE, log, metrics.statusLag);
  const stopBackground = new AbortController();
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
  const app = createApp({
    catalog: () => catalogFile.catalog,
    runs,
    logs: kubernetesJobLogs(client, podLogs, settings.NAMESPACE),
    newRunId: () => newRunId(),
    readinessChecks,
    auth: chooseAuth(settings, client, catalogFile, () => runs.apiServerDownSeconds, log),
    caps: { total: settings.MAX_ACTIVE_RUNS, perGroup: settings.MAX_ACTIVE_RUNS_PER_GROUP },
    longLivedLimit,
    stopping: stopping.signal,
    metrics,
    log,
    ...(settings.RATE_LIMIT > 0 && { rate: { perSecond: settings.RATE_LIMIT, burst: 2 * settings.RATE_LIMIT } }),
    ...(settings.TRUST_PROXY && { proxies: settings.TRUST_PROXY }),
    getTriggers: settings.GET_TRIGGERS,
    requireLoopbackHost: settings.AUTH === 'none' && !settings.ALLOW_ANONYMOUS,
  });
  const metricsServer = await serveMetrics(metrics.registry, {
    host: settings.METRICS_HOST,
    port: settings.METRICS_PORT,
    readinessChecks,
  });
  const close = () => Promise.all([client.close(), podLogs.close(), metricsServer.close()]);
  const { HOST: host, PORT: port, MAX_CONNECTIONS: total, MAX_CONNECTIONS_PER_ADDRESS: perAddress } = settings;
  // Express' own answer, so that X-Forwarded-For and connections count by the same proxies.
  const isProxy = (address: string): boolean => app.get('trust proxy fn')(address, 0);
  const connections = { total, perAddress, isProxy };
  const server = await listen(app, { host, port, connections }).catch(async (error) => {
    await close();
    throw error;
  });
  const background = [catalogFile.follow(stopBackground.signal), runs.follow(stopBackground.signal)];
  // Logged at any LOG_LEVEL: scripts and tests read the ports from this line.
  createLog('api')('listening', {
    host,
    port: (server.address() as AddressInfo).port,
    metricsPort: metricsServer.port,
  });
  const shutDown = async (signal: NodeJS.Signals) => {
    log('stopping', { signal });
    stopping.abort();
    await sleep(settings.STOP_DELAY_SECONDS * 1000);
    await drain(server);
    stopBackground.abort();
    await Promise.all(background);
    await close();
    log('stopped');
  };
  process.once('SIGTERM', shutDown);
  process.once('SIGINT', shutDown);
}

if (process.argv.includes('--help')) console.log(help());
// A thread that runs a bundle does only what it was started for (catalog/parse-thread.ts).
else if (isMainThread) {
  try {
    await main(loadSettings(process.env));
  } catch (error) {
    process.stderr.write(`${errorMessage(error)}\n`);
    process.exitCode = 1;
  }
}
