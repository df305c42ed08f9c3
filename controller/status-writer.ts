import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import { API_GROUP, API_VERSION, type GroupRun, type GroupRunStatus, isTerminal, KIND } from '../contract/group-run.ts';
import { ApiError, isTooLarge } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { FencedError } from '../kube/fenced-error.ts';
import { isOlder } from '../kube/store.ts';
import type { Log } from '../process/log.ts';
import { smallerStatuses } from './decide/smaller-status.ts';
import { transformRun } from './decide/transform.ts';
import { isUrgent, type LastWrite, nextWriteAt } from './decide/write-pace.ts';
import type { Caches } from './observe.ts';

export interface Deps {
  client: Pick<KubeClient, 'request'>;
  /** API server path of the namespace's GroupRuns. */
  path: string;
  runs: Caches['runs'];
  /** Called after a status was written, with the run and its previously stored status. */
  onStatusWritten: (run: GroupRun, before: GroupRunStatus | undefined) => void;
  /** Requeues the run after `ms` milliseconds. */
  requeueAfter: (name: string, ms: number) => void;
  writeOptions: () => RequestOptions;
  log: Log;
  /** A monotonic clock, milliseconds. */
  monotonic?: () => number;
}

const CONFLICT_REQUEUE_MS = 200;
/** A run that is forgotten is written sooner than it need be, and decided on anew. */
const MAX_RUNS = 10_000;
const MAX_DECIDED = 1000;

interface Decided {
  status: GroupRunStatus;
  /** Since when it differs from what is stored, on the monotonic clock. */
  since: number;
}

/** Writes the statuses of runs, each as often as its size permits, and knows what was decided and is not written yet. */
export class StatusWriter {
  readonly #deps: Deps;
  readonly #monotonic: () => number;
  /** The results of our own writes, until the cache has caught up: a stale cache must not revert a status. */
  readonly #lastWritten = new Map<string, GroupRun>();
  /** By the UID of runs. */
  readonly #lastWrites = new LRUCache<string, LastWrite>({ max: MAX_RUNS });
  /**
   * By the UID of runs: the statuses that wait for their write. What they say counts already, or a Job that is deleted before it
   * was recorded would be created again. Lost with the process or its term: the next one decides from what it observes. So only a
   * Job that is created or ends, and is deleted by others, all within the few hundred milliseconds to seconds until the write, while
   * the process is killed, is created again or has no result.
   */
  readonly #decided = new LRUCache<string, Decided>({ max: MAX_DECIDED });

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#monotonic = deps.monotonic ?? (() => performance.now());
  }

  /** The run as it is stored, in the newest known version: cached or last written. */
  stored(name: string): GroupRun | undefined {
    const cached = this.#deps.runs.get(name);
    const written = this.#lastWritten.get(name);
    if (cached && written?.metadata.uid === cached.metadata.uid && isOlder(cached, written)) return written;
    this.#lastWritten.delete(name);
    return cached;
  }

  /** This stored run with the status that was decided last, written or not. */
  known(run: GroupRun): GroupRun {
    const { uid } = run.metadata;
    const decided = this.#decided.get(uid)?.status;
    if (!decided) return run;
    if (run.status && isTerminal(run.status.state)) {
      this.#decided.delete(uid);
      return run;
    }
    // What others have stored meanwhile stays: the end of a job, which nobody can change, and their conditions.
    const { jobs: storedJobs, conditions } = run.status ?? {};
    const jobs = decided.jobs?.map((job, index) => {
      const stored = storedJobs?.[index];
      return stored && isTerminal(stored.state) ? stored : job;
    });
    return { ...run, status: { ...decided, ...(conditions && { conditions }), ...(jobs && { jobs }) } };
  }

  /**
   * Writes the status if it changed and its time has come, else requeues the run for that time. Returns the run as it is stored.
   * Throws errors that should be retried.
   */
  async write(run: GroupRun, wanted: GroupRunStatus): Promise<GroupRun> {
    const { client, path, onStatusWritten, requeueAfter } = this.#deps;
    const { name, uid } = run.metadata;
    const status: GroupRunStatus = JSON.parse(JSON.stringify(wanted));
    if (isDeepStrictEqual(status, run.status)) {
      this.#decided.delete(uid);
      return run;
    }
    const now = this.#monotonic();
    const since = this.#decided.get(uid)?.since ?? now;
    this.#decided.set(uid, { status, since });
    const change = { urgent: isUrgent(run.status, status), since, jobs: run.spec.jobs.length };
    const waitMs = nextWriteAt(this.#lastWrites.get(uid), change) - now;
    if (waitMs > 0) {
      requeueAfter(name, waitMs);
      return run;
    }
    try {
      const written = await this.#timed(uid, () => this.#put(run, status));
      const transformed = transformRun(written);
      this.#lastWritten.set(name, transformed);
      this.#decided.delete(uid);
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

  /** Remembers how long the write took, and whether it failed. A conflict is no failure: the API server is not too busy. */
  async #timed<T>(uid: string, write: () => Promise<T>): Promise<T> {
    const begunAt = this.#monotonic();
    const remember = (failures: number) => {
      const endedAt = this.#monotonic();
      this.#lastWrites.set(uid, { endedAt, tookMs: endedAt - begunAt, failures });
    };
    try {
      const written = await write();
      remember(0);
      return written;
    } catch (error) {
      const isConflict = error instanceof ApiError && error.code === 409;
      if (!isConflict && !(error instanceof FencedError)) remember((this.#lastWrites.get(uid)?.failures ?? 0) + 1);
      throw error;
    }
  }

  /**
   * Writes as much of the status as the API server can store. A PUT to /status takes only the status from its body, and costs the API
   * server a quarter less than a merge patch, for which it encodes and parses the stored object once more.
   */
  async #put(run: GroupRun, status: GroupRunStatus): Promise<GroupRun> {
    const { client, path, writeOptions, log } = this.#deps;
    const { name, namespace, uid, resourceVersion } = run.metadata;
    const about = {
      apiVersion: `${API_GROUP}/${API_VERSION}`,
      kind: KIND,
      metadata: { name, namespace, uid, resourceVersion },
    };
    const smaller = smallerStatuses(status, run.status?.jobs);
    for (let part = status; ; ) {
      try {
        const options = { ...writeOptions(), body: { ...about, status: part } };
        return await client.request<GroupRun>('PUT', `${path}/${name}/status`, options);
      } catch (error) {
        const next = smaller.shift();
        if (!next || !isTooLarge(error)) throw error;
        log('the status is too large, storing less of it', { run: name }, 'warn');
        part = next;
      }
    }
  }
}
