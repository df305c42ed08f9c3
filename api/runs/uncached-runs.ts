import { LRUCache } from 'lru-cache';
import type { GroupRun } from '../../contract/group-run.ts';
import { RateLimit } from '../http/rate-limit.ts';

/** What one caller may ask for in vain: anyone can make up ids, and each costs a request to the API server. */
const MISSES = { perSecond: 20, burst: 100 };
/** Short, because any replica may store the run at any time. */
const UNKNOWN = { max: 10_000, ttl: 1000 };

type Get = (runId: string) => Promise<GroupRun | undefined>;

/** Reads runs that the cache does not hold, and limits how many runs that do not exist each caller asks for. */
export class UncachedRuns {
  readonly #get: Get;
  readonly #misses: RateLimit;
  readonly #unknown: LRUCache<string, true>;
  readonly #reads = new Map<string, Promise<GroupRun | undefined>>();

  /** `get` reads from the API server; `now` is in milliseconds, of a clock that never jumps. */
  constructor(get: Get, now: () => number = () => performance.now()) {
    this.#get = get;
    this.#misses = new RateLimit(MISSES, now, 'requests for unknown ids');
    this.#unknown = new LRUCache({ ...UNKNOWN, perf: { now }, ttlResolution: 0 });
  }

  /** As `read`, but concurrent calls share one request, and an id that was unknown within the last second still is. */
  async find(runId: string, caller: string): Promise<GroupRun | undefined> {
    return this.#unknown.has(runId) ? undefined : (this.#reads.get(runId) ?? this.#share(runId, caller));
  }

  /** One request to the API server. Throws an HttpError (429) if this caller has asked for too many unknown ids. */
  async read(runId: string, caller: string): Promise<GroupRun | undefined> {
    return this.#ask(runId, caller);
  }

  /** To be called when the run was stored: from then on no earlier answer counts. */
  forget(runId: string): void {
    this.#unknown.delete(runId);
    this.#reads.delete(runId);
  }

  #share(runId: string, caller: string): Promise<GroupRun | undefined> {
    const isLatest = () => this.#reads.get(runId) === read;
    const read = this.#ask(runId, caller)
      .then((run) => {
        if (!run && isLatest()) this.#unknown.set(runId, true);
        return run;
      })
      .finally(() => {
        if (isLatest()) this.#reads.delete(runId);
      });
    this.#reads.set(runId, read);
    return read;
  }

  /** Throws before it asks, so that no other caller shares the 429. */
  #ask(runId: string, caller: string): Promise<GroupRun | undefined> {
    // Counted before the answer: otherwise concurrent questions would all pass.
    this.#misses.take(caller);
    const giveBack = () => this.#misses.giveBack(caller);
    return this.#get(runId).then(
      (run) => {
        if (run) giveBack();
        return run;
      },
      (error) => {
        giveBack();
        throw error;
      },
    );
  }
}
