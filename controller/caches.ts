import type { GroupRun } from '../contract/group-run.ts';
import { runIdOf } from '../contract/ids.ts';
import { MANAGED_SELECTOR, RUN_LABEL } from '../contract/labels.ts';
import { paths } from '../contract/paths.ts';
import type { KubeClient } from '../kube/client.ts';
import { Reflector } from '../kube/reflector.ts';
import type { Log } from '../process/log.ts';
import { isPodSetupFailure } from './decide/events.ts';
import { transformEvent, transformJob, transformPod } from './decide/transform.ts';
import type { Event, Job, Meta, Pod } from './decide/types.ts';
import { type CachedRun, cachedRun } from './finished-run.ts';
import { JOB_NAME_LABEL } from './observe.ts';
import type { Tombstones } from './tombstones.ts';

const RESYNC_MS = 10 * 60_000;
/** A run may take 1.5 MB, and a page is in memory as text and as objects. */
const RUNS_PER_PAGE = 20;

interface Options {
  client: KubeClient;
  namespace: string;
  log: Log;
  maxIdleMs: number;
  /** Gets the Jobs and pods that are deleted. */
  tombstones: Pick<Tombstones, 'addJob' | 'addPod'>;
  /** Requests a reconcile of a run: `now` after a change of its spec, else `soon`, to combine it with further changes. */
  enqueue: (name: string, when: 'now' | 'soon') => void;
}

/** The reflectors of everything the controller watches. Each change enqueues the name of the run it belongs to. */
export function createCaches({ client, namespace, log, maxIdleMs, tombstones, enqueue }: Options) {
  const urls = paths(namespace);
  const common = { client, log, maxIdleMs };
  const runs = new Reflector<CachedRun, GroupRun>({
    ...common,
    path: urls.runs,
    resyncMs: RESYNC_MS,
    pageSize: RUNS_PER_PAGE,
    transform: cachedRun,
    indexBy: ({ metadata }) => runIdOf(metadata),
    onChange: (previous, current) => {
      // The generation changes with the spec: a new run or a cancel must not wait.
      const specChanged = previous?.metadata.generation !== current?.metadata.generation;
      enqueue((current ?? previous)!.metadata.name, specChanged ? 'now' : 'soon');
    },
  });
  // A run that is not in the cache yet is enqueued when it arrives.
  const enqueueByRunId = (runId: string | undefined) => {
    for (const { metadata } of runId ? runs.byIndex(runId) : []) enqueue(metadata.name, 'soon');
  };
  /** A change of a Job or pod: its run is enqueued, and what was deleted is remembered. */
  const onOwnedChange =
    <T extends { metadata: Meta }>(remember: (deleted: T) => void) =>
    (previous: T | undefined, current: T | undefined) => {
      if (!current) remember(previous!);
      enqueueByRunId((current ?? previous)!.metadata.labels?.[RUN_LABEL]);
    };
  const jobs = new Reflector<Job>({
    ...common,
    path: urls.jobs,
    labelSelector: MANAGED_SELECTOR,
    transform: transformJob,
    indexBy: ({ metadata }) => metadata.labels?.[RUN_LABEL],
    onChange: onOwnedChange((job) => tombstones.addJob(job)),
  });
  const pods = new Reflector<Pod>({
    ...common,
    path: urls.pods,
    labelSelector: MANAGED_SELECTOR,
    transform: transformPod,
    indexBy: ({ metadata }) => metadata.labels?.[JOB_NAME_LABEL],
    onChange: onOwnedChange((pod) => tombstones.addPod(pod)),
  });
  const failedCreates = new Reflector<Event>({
    ...common,
    path: urls.events,
    // Only these Events tell that a quota or an admission plugin rejects the pods of a Job.
    fieldSelector: 'reason=FailedCreate,involvedObject.kind=Job',
    transform: transformEvent,
    indexBy: ({ involvedObject }) => involvedObject.name,
    onChange: (_previous, current) => {
      const job = current?.involvedObject.name && jobs.get(current.involvedObject.name);
      if (job) enqueueByRunId(job.metadata.labels?.[RUN_LABEL]);
    },
  });
  const podEvents = new Reflector<Event>({
    ...common,
    path: urls.events,
    fieldSelector: 'involvedObject.kind=Pod,type=Warning',
    filter: isPodSetupFailure,
    transform: transformEvent,
    indexBy: ({ involvedObject }) => involvedObject.name,
    onChange: (previous, current) => {
      const pod = pods.get((current ?? previous)?.involvedObject.name ?? '');
      enqueueByRunId(pod?.metadata.labels?.[RUN_LABEL]);
    },
  });
  return { runs, jobs, pods, failedCreates, podEvents };
}

export type ControllerCaches = ReturnType<typeof createCaches>;
