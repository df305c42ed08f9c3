import { errorMessage, type Log } from '../process/log.ts';
import { type Sleep, sleep } from '../process/sleep.ts';
import { ApiError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { isVersionUnavailable, PagedList } from './paged-list.ts';
import { type Change, Store, type Stored } from './store.ts';

interface Options<T, Received> {
  client: Pick<KubeClient, 'request' | 'watch'>;
  /** API server path of a namespaced collection; the object name is the key. */
  path: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Should only enqueue keys; errors are logged. A resync passes the same object twice. */
  onChange: (previous: T | undefined, current: T | undefined) => void;
  /** Called with the resourceVersion of each complete list, before `onChange` is called for what it changed. */
  onList?: (resourceVersion: string) => void;
  log: Log;
  /** Keeps only the objects for which this is true, called before `transform`; for what no selector of the API can express. */
  filter?: (object: Received) => boolean;
  /** Removes the fields that no reader needs (client-go's TransformFunc). */
  transform: (object: Received) => T;
  /** Objects per page of a list, 100 by default. */
  pageSize?: number;
  /** The index value of an object, for `byIndex`. */
  indexBy?: (object: T) => string | undefined;
  /** A watch without events or bookmarks for this long is reopened, milliseconds. */
  maxIdleMs?: number;
  /** Resync period: how often `onChange` is called for every object, milliseconds; never by default. */
  resyncMs?: number;
  sleep?: Sleep;
  random?: () => number;
}

/** Bookmarks come about once a minute. Two missing bookmarks suggest a dead connection. */
const MAX_IDLE_MS = 150_000;
const MAX_BACKOFF_MS = 30_000;
/** A watch that lasted this long resets the backoff, even if it brought no event. */
const BACKOFF_RESET_MS = 10_000;

/** A local copy of a collection, kept current by list and watch like client-go's reflector. Every error is retried. */
export class Reflector<T extends Stored, Received extends Stored = T> {
  readonly #options: Options<T, Received>;
  readonly #store: Store<T>;
  readonly #pages: PagedList<Received>;
  readonly #sleep: Sleep;
  readonly #random: () => number;
  #resourceVersion: string | undefined;
  #synced = false;
  #lastEventAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #watchAbort: AbortController | undefined;

  constructor(options: Options<T, Received>) {
    this.#options = options;
    this.#store = new Store(options.indexBy);
    this.#pages = new PagedList(options.client, options.path, options.pageSize);
    this.#sleep = options.sleep ?? sleep;
    this.#random = options.random ?? Math.random;
  }

  /** Whether the first list is complete. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Seconds since the last list, event or bookmark of this collection; Infinity before the first. */
  get watchIdleSeconds(): number {
    return (performance.now() - this.#lastEventAt) / 1000;
  }

  get size(): number {
    return this.#store.size;
  }

  get(name: string): T | undefined {
    return this.#store.get(name);
  }

  list(): T[] {
    return this.#store.list();
  }

  /** The objects whose `indexBy` returned this value. */
  byIndex(value: string): T[] {
    return this.#store.byIndex(value);
  }

  /** Reopens the watch from the last resourceVersion, for a watch that seems dead. Returns false if none is open. */
  reopen(): boolean {
    this.#watchAbort?.abort();
    return this.#watchAbort !== undefined;
  }

  /** Resolves when aborted, never rejects: every error is logged and retried with backoff. */
  async run(signal: AbortSignal): Promise<void> {
    const { resyncMs } = this.#options;
    const resync = resyncMs === undefined ? undefined : setInterval(() => this.#resync(), resyncMs);
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        await this.#recover(error, signal);
      }
    }
    clearInterval(resync);
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    // Only the version is dropped: the store stays readable until a new list replaces it.
    if (isVersionUnavailable(error)) this.#resourceVersion = undefined;
    const { path, log } = this.#options;
    log('list and watch broke off, trying again', { path, error: errorMessage(error) });
    const retryAfterMs = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const backoffMs = Math.min(MAX_BACKOFF_MS, 500 * 2 ** this.#failures) * (0.5 + this.#random());
    this.#failures = Math.min(this.#failures + 1, 10);
    await this.#sleep(Math.max(retryAfterMs, backoffMs), signal);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { transform, filter } = this.#options;
    const found = new Map<string, T>();
    const keep = (item: Received) => {
      if (!filter || filter(item)) found.set(item.metadata.name, transform(item));
    };
    const version = await this.#pages.read(this.#selectors, keep, signal);
    const pending = this.#store.changesFromList(found);
    for (const change of pending) this.#store.apply(change);
    this.#resourceVersion = version;
    this.#synced = true;
    this.#lastEventAt = performance.now();
    this.#options.onList?.(version);
    for (const change of pending) this.#notify(change);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, path, transform, filter, maxIdleMs = MAX_IDLE_MS } = this.#options;
    const watchAbort = new AbortController();
    const query = {
      ...this.#selectors,
      resourceVersion: this.#resourceVersion,
      allowWatchBookmarks: true,
      // Random, so that the watches of many clients do not all end at the same time.
      timeoutSeconds: 240 + Math.floor(this.#random() * 240),
    };
    const startedAt = performance.now();
    const events = await client.watch(path, query, AbortSignal.any([signal, watchAbort.signal]));
    this.#lastEventAt = performance.now();
    this.#watchAbort = watchAbort;
    const idleTimer = setTimeout(() => watchAbort.abort(), maxIdleMs);
    try {
      for await (const event of events) {
        idleTimer.refresh();
        this.#failures = 0;
        this.#lastEventAt = performance.now();
        const object = event.object as Received;
        this.#resourceVersion = object.metadata.resourceVersion;
        if (event.type === 'BOOKMARK') continue;
        // A stored object that changed so that it is filtered out is gone.
        const type = !filter || filter(object) ? event.type : 'DELETED';
        for (const change of this.#store.changesFromEvent(type, transform(object))) {
          this.#store.apply(change);
          this.#notify(change);
        }
      }
    } catch (error) {
      // We aborted it: idle (dead connection, or a resource without bookmarks, such as Events), or reopen() was called. The
      // server did not reject us, so reopen without backoff.
      if (!watchAbort.signal.aborted || signal.aborted) throw error;
    } finally {
      clearTimeout(idleTimer);
      this.#watchAbort = undefined;
      if (performance.now() - startedAt > BACKOFF_RESET_MS) this.#failures = 0;
    }
    // The error causes a backoff: otherwise a server that closes each watch at once, or after an event, is polled in a tight loop.
    if (!watchAbort.signal.aborted && performance.now() - startedAt < 1000)
      throw new Error('The watch ended within a second');
  }

  get #selectors() {
    const { labelSelector, fieldSelector } = this.#options;
    return { labelSelector, fieldSelector };
  }

  #resync(): void {
    for (const object of this.#store.list()) this.#notify({ previous: object, current: object });
  }

  #notify({ previous, current }: Change<T>): void {
    try {
      this.#options.onChange(previous, current);
    } catch (error) {
      this.#options.log('a change handler failed', { path: this.#options.path, error: errorMessage(error) });
    }
  }
}
