import { paths } from '../contract/paths.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import type { WorkQueue } from '../kube/work-queue.ts';
import { errorMessage, type Log } from '../process/log.ts';
import { runTogether } from '../process/run-together.ts';
import { sleep } from '../process/sleep.ts';
import type { ControllerCaches } from './caches.ts';
import { kubernetesEvents, podsLateEvent } from './decide/kubernetes-events.ts';
import { isFinished, unpackedRun } from './finished-run.ts';
import { JobWriter } from './job-writer.ts';
import { Observer } from './observe.ts';
import { Reconciler } from './reconcile.ts';
import { Recorder } from './recorder.ts';
import { deleteRuns, expiredRuns } from './retention.ts';
import type { Settings } from './settings.ts';
import { StatusWriter } from './status-writer.ts';
import type { Tombstones } from './tombstones.ts';

interface Deps {
  client: KubeClient;
  /** For writes of Jobs. */
  jobsClient: Pick<KubeClient, 'request'>;
  caches: ControllerCaches;
  tombstones: Tombstones;
  /** New for each term, because a queue can run only once. */
  queue: WorkQueue;
  settings: Settings;
  writeOptions: () => RequestOptions;
  measure: (work: () => Promise<void>) => Promise<void>;
  log: Log;
}

const WORKERS = 8;
/** At most one log line a minute for all runs together. */
const LATE_LOG_MS = 60_000;

/** The work of the leader: reconciles runs until the signal aborts, then waits for the reconciles in progress. */
export async function serveTerm(deps: Deps, signal: AbortSignal): Promise<void> {
  const { client, jobsClient, caches, tombstones, queue, settings, writeOptions, measure, log } = deps;
  const urls = paths(settings.NAMESPACE);
  const now = () => client.now();
  const runs = {
    get: (name: string) => {
      const run = caches.runs.get(name);
      return run && unpackedRun(run);
    },
  };
  const observer = new Observer(client, { ...caches, runs, tombstones }, urls);
  let lateLoggedAt = Number.NEGATIVE_INFINITY;
  const recorder = new Recorder({ client, path: urls.events, writeOptions, log, now });
  const requeueAfter = (name: string, ms: number) => queue.addAfter(name, ms);
  const statuses = new StatusWriter({
    client,
    path: urls.runs,
    runs,
    onStatusWritten: (run, before) => {
      recorder.record(run, kubernetesEvents(run, before));
      if (run.status?.state === before?.state) return;
      log('run changed state', { run: run.metadata.name, group: run.spec.group, state: run.status?.state });
    },
    requeueAfter,
    // Longer than other writes: the fence is passed when it is sent, and one that arrives late meets another resourceVersion. A term
    // that ends waits for it no longer than the next leader would wait for the lease of a killed one.
    writeOptions: () => ({ ...writeOptions(), timeoutMs: settings.LEASE_SECONDS * 1000 }),
    log,
  });
  const reconciler = new Reconciler({
    statuses,
    observer,
    jobs: new JobWriter({
      client: jobsClient,
      observer,
      path: urls.jobs,
      podsPath: urls.pods,
      jobImage: settings.JOB_IMAGE,
      writeOptions,
    }),
    jobTtlSeconds: settings.JOB_TTL_SECONDS,
    onPodsLate: (run) => {
      recorder.record(run, [podsLateEvent()]);
      if (performance.now() - lateLoggedAt < LATE_LOG_MS) return;
      lateLoggedAt = performance.now();
      log(podsLateEvent().message, { run: run.metadata.name });
    },
    requeueAfter,
    now,
  });
  const all = caches.runs.list();
  // Queue unfinished runs first; finished ones rarely need work.
  const [over, open] = [true, false].map((wanted) => all.filter((run) => isFinished(run) === wanted));
  for (const { metadata } of [...open!, ...over!]) queue.add(metadata.name);
  const reconcile = (name: string) => measure(() => reconciler.reconcile(name));
  const onError = (name: string, error: unknown) =>
    log('reconcile failed, trying again', { run: name, error: errorMessage(error) });
  await runTogether(
    [(ended) => queue.run(WORKERS, reconcile, ended, onError), (ended) => runRetention(deps, urls.runs, ended)],
    signal,
  );
  await recorder.flush();
}

/** Deletes expired runs periodically until the signal aborts. */
async function runRetention({ client, caches, settings, writeOptions, log }: Deps, path: string, signal: AbortSignal) {
  const policy = {
    maxAgeSeconds: settings.RUN_RETENTION_SECONDS,
    maxPerGroup: settings.RUN_RETENTION_COUNT,
    maxJobs: settings.RUN_RETENTION_JOBS,
    minAgeSeconds: settings.RUN_RETENTION_MIN_SECONDS,
  };
  while (!signal.aborted) {
    const expired = expiredRuns(caches.runs.list(), policy, client.now());
    try {
      await deleteRuns(client, path, expired, writeOptions, signal);
      if (expired.length > 0) log('runs deleted', { count: expired.length });
    } catch (error) {
      log('runs cannot be deleted, trying again', { error: errorMessage(error) });
    }
    await sleep(settings.RETENTION_INTERVAL_SECONDS * 1000, signal);
  }
}
