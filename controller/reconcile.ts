import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import { type GroupRun, type GroupRunStatus, isTerminal } from '../contract/group-run.ts';
import { ApiError, isTooLarge } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { isOlder } from '../kube/store.ts';
import type { Log } from '../process/log.ts';
import { forEachLimited } from './concurrency.ts';
import { jobsToCleanUp, podsToDelete } from './decide/clean-up.ts';
import { type CreatePace, nextPace, UNPACED } from './decide/create-pace.ts';
import type { ObservedRun } from './decide/observed.ts';
import { jobsToCreate, jobsToStop, nextChange, nextCreateAt, plannedStatus, podsAreLate } from './decide/plan.ts';
import { rejectedStatus } from './decide/rejected-run.ts';
import { smallerStatuses } from './decide/smaller-status.ts';
import { transformRun } from './decide/transform.ts';
import type { JobWriter } from './job-writer.ts';
import type { Caches, Observer } from './observe.ts';

export interface Deps {
  client: Pick<KubeClient, 'request'>;
  /** API server path of the namespace's GroupRuns. */
  path: string;
  runs: Caches['runs'];
  observer: Observer;
  jobs: JobWriter;
  /** How long the Job of a recorded result stays, seconds. */
  jobTtlSeconds: number;
  /** Called after a status was written, with the run and its previous status. */
  onStatusWritten: (run: GroupRun, before: GroupRunStatus | undefined) => void;
  /** Called if Jobs have had no pods for long without any known reason. */
  onPodsLate: (run: GroupRun) => void;
  /** Requeues the run after `ms` milliseconds. */
  requeueAfter: (name: string, ms: number) => void;
  writeOptions: () => RequestOptions;
  log: Log;
  now: () => Date;
  random?: () => number;
}

const CONFLICT_REQUEUE_MS = 200;
/** A run that is forgotten is tried sooner than it need be. */
const MAX_PACES = 10_000;

/**
 * Reconciles one run: observes, creates and stops Jobs, writes the status at most once, and cleans up Jobs whose result is
 * recorded. The decisions are pure functions (decide/). The process may be killed between any two calls. Throws errors that
 * should be retried.
 */
export class Reconciler {
  readonly #deps: Deps;
  /** The results of our own writes, until the cache has caught up: a stale cache must not revert a status. */
  readonly #lastWritten = new Map<string, GroupRun>();
  /** By the UID of runs of which a create was denied. */
  readonly #paces = new LRUCache<string, CreatePace>({ max: MAX_PACES });

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async reconcile(name: string): Promise<void> {
    const run = this.#read(name);
    if (!run || run.metadata.deletionTimestamp) return;
    const observed = this.#deps.observer.cached(run);
    if (!run.status || !isTerminal(run.status.state)) await this.#advance(observed);
    await this.#cleanUp(observed);
  }

  /** Has what is left of jobs whose result is recorded deleted, now or later. */
  async #cleanUp(observed: ObservedRun): Promise<void> {
    const { jobs, jobTtlSeconds, now, requeueAfter } = this.#deps;
    const at = now();
    const { expire, remove, nextAt } = jobsToCleanUp(observed, jobTtlSeconds, at);
    await forEachLimited(expire, (job) => jobs.expire(job));
    await forEachLimited(remove, (job) => jobs.remove(job));
    await forEachLimited(podsToDelete(observed, at), (pod) => jobs.deletePod(pod));
    if (Number.isFinite(nextAt)) requeueAfter(observed.run.metadata.name, Math.max(0, nextAt - at.getTime()));
  }

  /** Creates and stops Jobs, writes the status, and requeues the run for its next deadline. */
  async #advance(observed: ObservedRun): Promise<void> {
    const { observer, jobs, now, requeueAfter } = this.#deps;
    const { name, uid } = observed.run.metadata;
    // Read the clock once: a deadline that passes between two reads would be neither acted on nor requeued for.
    const at = now();
    const rejected = rejectedStatus(observed, at);
    if (rejected) {
      observed.run = await this.#writeStatus(observed.run, rejected);
      return;
    }
    await observer.confirm(observed, at);
    const acting = await Promise.allSettled([
      this.#create(observed, at),
      forEachLimited(jobsToStop(observed, at), ({ job, cause }) => jobs.stop(observed, job, cause)),
    ]);
    const failed = acting.find((result) => result.status === 'rejected');
    observed.run = await this.#writeStatus(observed.run, plannedStatus(observed, at));
    // After the status write, so that the calls that succeeded are recorded.
    if (failed) throw failed.reason;
    if (podsAreLate(observed, at)) this.#deps.onPodsLate(observed.run);
    const next = Math.min(nextChange(observed, at), nextCreateAt(observed, at, this.#paces.get(uid) ?? UNPACED));
    if (Number.isFinite(next)) requeueAfter(name, Math.max(0, next - now().getTime()));
  }

  /** Creates Jobs up to the first denial. */
  async #create(observed: ObservedRun, at: Date): Promise<void> {
    const { observer, jobs, random = Math.random } = this.#deps;
    const { uid } = observed.run.metadata;
    const pace = this.#paces.get(uid) ?? UNPACED;
    const tried: number[] = [];
    const create = (index: number) => {
      tried.push(index);
      return jobs.create(observed, index);
    };
    const isDenied = () => observed.denied.size > 0;
    const creating = await Promise.allSettled([forEachLimited(jobsToCreate(observed, at, pace), create, isDenied)]);
    if (isDenied()) {
      this.#paces.set(uid, nextPace(observed, pace, tried, at, random()));
      await observer.confirmDenied(observed, at);
    } else if (tried.length > 0) this.#paces.delete(uid);
    if (creating[0].status === 'rejected') throw creating[0].reason;
  }

  /** The newest known version of the run: cached or last written. */
  #read(name: string): GroupRun | undefined {
    const cached = this.#deps.runs.get(name);
    const written = this.#lastWritten.get(name);
    if (cached && written?.metadata.uid === cached.metadata.uid && isOlder(cached, written)) return written;
    this.#lastWritten.delete(name);
    return cached;
  }

  /** Writes the status if it changed, and returns the run with its current status. */
  async #writeStatus(run: GroupRun, wanted: GroupRunStatus): Promise<GroupRun> {
    const { client, path, onStatusWritten, requeueAfter } = this.#deps;
    const { name } = run.metadata;
    const status = JSON.parse(JSON.stringify(wanted));
    if (isDeepStrictEqual(status, run.status)) return run;
    try {
      const written = await this.#patchStatus(run, status);
      const transformed = transformRun(written);
      this.#lastWritten.set(name, transformed);
      onStatusWritten(written, run.status);
      return transformed;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 404) return run; // Deleted; the watch event will follow.
      if (error.code !== 409) throw error;
      // Conflict: read the current version, because the cache may lag for long if its watch hangs.
      this.#lastWritten.set(name, transformRun(await client.request<GroupRun>('GET', `${path}/${name}`)));
      requeueAfter(name, CONFLICT_REQUEUE_MS);
      return run;
    }
  }

  /** Writes as much of the status as the API server can store. */
  async #patchStatus({ metadata: { name, resourceVersion } }: GroupRun, status: GroupRunStatus): Promise<GroupRun> {
    const { client, path, writeOptions, log } = this.#deps;
    const smaller = smallerStatuses(status);
    for (let part = status; ; ) {
      try {
        return await client.request<GroupRun>('PATCH', `${path}/${name}/status`, {
          ...writeOptions(),
          contentType: 'application/merge-patch+json',
          body: { metadata: { resourceVersion }, status: part },
        });
      } catch (error) {
        const next = smaller.shift();
        if (!next || !isTooLarge(error)) throw error;
        log('the status is too large, storing less of it', { run: name }, 'warn');
        part = next;
      }
    }
  }
}
