import { isDeepStrictEqual } from 'node:util';
import { type GroupRun, type GroupRunStatus, isTerminal } from '../contract/group-run.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { isOlder } from '../kube/store.ts';
import type { Log } from '../process/log.ts';
import { forEachLimited } from './concurrency.ts';
import {
  jobsToCleanUp,
  jobsToCreate,
  jobsToStop,
  nextChange,
  type ObservedRun,
  plannedStatus,
  podsAreLate,
} from './decide/plan.ts';
import { transformRun } from './decide/transform.ts';
import type { JobWriter } from './job-writer.ts';
import type { Caches, Observer } from './observe.ts';

export interface Deps {
  client: Pick<KubeClient, 'request'>;
  /** Of the namespace's GroupRuns. */
  path: string;
  runs: Caches['runs'];
  observer: Observer;
  jobs: JobWriter;
  /** Told once a status stands: what was before, what is now. */
  onStatusWritten: (run: GroupRun, before: GroupRunStatus | undefined) => void;
  /** Told where Jobs wait for pods and for nothing else. */
  onPodsLate: (run: GroupRun) => void;
  /** Has the run looked at again in `ms` milliseconds. */
  requeueAfter: (name: string, ms: number) => void;
  writeOptions: () => RequestOptions;
  log: Log;
  now: () => Date;
}

const CONFLICT_REQUEUE_MS = 200;
const DENIED_REQUEUE_MS = 5000;

/**
 * Brings one run forward: reads what is there, makes and stops Jobs, writes the status once, and lets go of Jobs whose result
 * stands. Never both decides and acts; can be killed between any two calls. Throws what is worth trying again.
 */
export class Reconciler {
  readonly #deps: Deps;
  /** Answers to our own writes, until the cache has them: a stale cache must not undo a status. */
  readonly #lastWritten = new Map<string, GroupRun>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async reconcile(name: string): Promise<void> {
    const run = this.#read(name);
    if (!run || run.metadata.deletionTimestamp) return;
    const observed = this.#deps.observer.cached(run);
    if (!run.status || !isTerminal(run.status.state)) await this.#advance(observed);
    const { expire, remove } = jobsToCleanUp(observed);
    await forEachLimited(expire, (job) => this.#deps.jobs.expire(job));
    await forEachLimited(remove, (job) => this.#deps.jobs.remove(job));
  }

  /** Does what the run needs now, and records what has become of it. */
  async #advance(observed: ObservedRun): Promise<void> {
    const { observer, jobs, now, requeueAfter } = this.#deps;
    const { name } = observed.run.metadata;
    // One moment for all: a deadline that passed between two looks would be neither acted on nor waited for.
    const at = now();
    await observer.confirm(observed, at);
    const acting = Promise.allSettled([
      forEachLimited(jobsToCreate(observed, at), (index) => jobs.create(observed, index)),
      forEachLimited(jobsToStop(observed, at), ({ job, cause }) => jobs.stop(observed, job, cause)),
    ]);
    const failed = (await acting).find((result) => result.status === 'rejected');
    observed.run = await this.#writeStatus(observed.run, plannedStatus(observed, at));
    // Only now: what did succeed is recorded whatever else failed.
    if (failed) throw failed.reason;
    if (observed.denied.size > 0) requeueAfter(name, DENIED_REQUEUE_MS);
    if (podsAreLate(observed, at)) this.#deps.onPodsLate(observed.run);
    const next = nextChange(observed, at);
    if (Number.isFinite(next)) requeueAfter(name, Math.max(0, next - now().getTime()));
  }

  /** The newest version known. */
  #read(name: string): GroupRun | undefined {
    const cached = this.#deps.runs.get(name);
    const written = this.#lastWritten.get(name);
    if (cached && written?.metadata.uid === cached.metadata.uid && isOlder(cached, written)) return written;
    this.#lastWritten.delete(name);
    return cached;
  }

  /** Records the status, and returns the run as it then stands. */
  async #writeStatus(run: GroupRun, wanted: GroupRunStatus): Promise<GroupRun> {
    const { client, path, onStatusWritten, requeueAfter, writeOptions } = this.#deps;
    const { name, resourceVersion } = run.metadata;
    const status = JSON.parse(JSON.stringify(wanted));
    if (isDeepStrictEqual(status, run.status)) return run;
    try {
      const written = await client.request<GroupRun>('PATCH', `${path}/${name}/status`, {
        ...writeOptions(),
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion }, status },
      });
      const transformed = transformRun(written);
      this.#lastWritten.set(name, transformed);
      onStatusWritten(written, run.status);
      return transformed;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 404) return run; // It was deleted, its cache entry goes next.
      if (error.code !== 409) throw error;
      // The cache may be behind for long, where its watch hangs: the next try starts from what stands now.
      this.#lastWritten.set(name, transformRun(await client.request<GroupRun>('GET', `${path}/${name}`)));
      requeueAfter(name, CONFLICT_REQUEUE_MS);
      return run;
    }
  }
}
