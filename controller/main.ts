import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../kube/client.ts';
import type { GroupRun } from '../kube/group-run.ts';
import { runBase } from '../kube/ids.ts';
import { MANAGED_SELECTOR, RUN_LABEL } from '../kube/labels.ts';
import { createLog, errorMessage } from '../kube/log.ts';
import { Reflector } from '../kube/reflector.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { JOB_NAME_LABEL, paths, Reconciler } from './reconcile.ts';
import { help, type Settings, settings } from './settings.ts';
import { stripJob, stripPod, stripRun } from './strip.ts';
import type { Job, Meta, Pod } from './types.ts';

const WORKERS = 8;
/** Changes within this time are taken together: at most ten status writes a second a run. */
const COALESCE_MS = 100;

const log = createLog('controller');

/** Runs until aborted, then finishes the calls in hand. Rejects when there is no cluster to talk to. */
async function run({ namespace, jobImage }: Settings, signal: AbortSignal): Promise<void> {
  const client = await createClient();
  const queue = new WorkQueue();
  const { runs: runsPath, jobs: jobsPath, pods: podsPath } = paths(namespace);

  const runs = new Reflector<GroupRun>({
    client,
    log,
    path: runsPath,
    strip: stripRun,
    indexBy: ({ metadata }) => runBase(metadata),
    onChange: (previous, current) => {
      const { name } = (current ?? previous)!.metadata;
      if (previous) queue.addAfter(name, COALESCE_MS);
      else queue.add(name);
    },
  });
  const ofRun = (previous?: { metadata: Meta }, current?: { metadata: Meta }) => {
    const base = (current ?? previous)?.metadata.labels?.[RUN_LABEL];
    // A run that is not in the cache yet is added when it comes.
    for (const { metadata } of base ? runs.byIndex(base) : []) queue.addAfter(metadata.name, COALESCE_MS);
  };
  const common = { client, log, labelSelector: MANAGED_SELECTOR, onChange: ofRun };
  const jobs = new Reflector<Job>({ ...common, path: jobsPath, strip: stripJob });
  const pods = new Reflector<Pod>({
    ...common,
    path: podsPath,
    strip: stripPod,
    indexBy: ({ metadata }) => metadata.labels?.[JOB_NAME_LABEL],
  });
  const reconciler = new Reconciler({
    client,
    namespace,
    jobImage,
    runs,
    jobs,
    pods,
    log,
    requeueAfter: (name, ms) => queue.addAfter(name, ms),
    now: () => new Date(),
  });

  const reflectors = [runs, jobs, pods];
  const watching = reflectors.map((reflector) => reflector.run(signal));
  // An empty cache would look like deleted Jobs: nothing is decided before all of it is there.
  while (!signal.aborted && reflectors.some(({ hasSynced }) => !hasSynced)) await sleep(20);
  if (!signal.aborted) log('ready', { namespace, runs: runs.list().length });
  await queue.run(
    WORKERS,
    (name) => reconciler.reconcile(name),
    signal,
    (name, error) => log('reconcile failed, trying again', { run: name, error: errorMessage(error) }),
  );
  await Promise.all(watching);
  await client.close();
}

if (process.argv.includes('--help')) console.log(help());
else {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT']) once(process, name).then(() => stop.abort());
  try {
    await run(settings(process.env), stop.signal);
    log('stopped');
  } catch (error) {
    log('cannot start', { error: errorMessage(error) });
    process.exitCode = 1;
  }
}
