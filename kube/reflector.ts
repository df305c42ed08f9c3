import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type KubeClient } from './client.ts';
import { errorMessage, type Log } from './log.ts';

export interface Stored {
  metadata: { name: string; namespace?: string; uid: string; resourceVersion: string };
}

/** One change of a store. Neither side is absent only for the same object (UID) in two versions. */
export interface Change<T> {
  previous: T | undefined;
  current: T | undefined;
}

interface Options<T> {
  client: Pick<KubeClient, 'request' | 'watch'>;
  /** A namespaced collection: names are its unique keys. */
  path: string;
  labelSelector?: string;
  /** Should only enqueue keys; what it throws is logged. */
  onChange: (previous: T | undefined, current: T | undefined) => void;
  log: Log;
  /** Keeps only the fields somebody reads. */
  strip?: (object: T) => T;
  /** Groups objects for `byIndex`; undefined leaves an object out. Must not change during an object's life. */
  indexBy?: (object: T) => string | undefined;
  random?: () => number;
}

interface List<T> {
  metadata: { resourceVersion: string; continue?: string };
  items?: T[];
}

const PAGE = 500;
const LIST_MS = 60_000;
/** Bookmarks come about once a minute: a watch silent for longer than two of them is dead. */
const SILENCE_MS = 150_000;
const MAX_BACKOFF_MS = 30_000;

/** What turns one object version into the next: an object deleted and made again is two changes, not an update. */
export function changes<T extends Stored>(previous: T | undefined, current: T | undefined): Change<T>[] {
  if (previous && current && previous.metadata.uid !== current.metadata.uid) {
    return [
      { previous, current: undefined },
      { previous: undefined, current },
    ];
  }
  if (previous?.metadata.resourceVersion === current?.metadata.resourceVersion) return [];
  return [{ previous, current }];
}

/** What turns one set of objects (by name) into another. */
export function diff<T extends Stored>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Change<T>[] {
  const gone = [...before].filter(([name]) => !after.has(name)).flatMap(([, object]) => changes(object, undefined));
  return [...gone, ...[...after].flatMap(([name, object]) => changes(before.get(name), object))];
}

/** A local copy of a collection, kept current by list and watch for as long as `run` runs, whatever goes wrong. */
export class Reflector<T extends Stored> {
  readonly #options: Options<T>;
  readonly #store = new Map<string, T>();
  readonly #index = new Map<string, Map<string, T>>();
  readonly #random: () => number;
  #resourceVersion: string | undefined;
  #synced = false;
  #lastEventAt = 0;
  #failures = 0;

  constructor(options: Options<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Whether a whole list has been read once. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** When the API server was last heard, bookmarks included: milliseconds since the epoch, 0 for never. */
  get lastEventAt(): number {
    return this.#lastEventAt;
  }

  get(name: string): T | undefined {
    return this.#store.get(name);
  }

  list(): T[] {
    return [...this.#store.values()];
  }

  /** The objects for which `indexBy` gave this value. */
  byIndex(value: string): T[] {
    return [...(this.#index.get(value)?.values() ?? [])];
  }

  /** Resolves when aborted, never rejects: every error is logged and tried again after a while. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        // The version is too old to go on from; the store stays readable until the new list replaces it.
        if (error instanceof ApiError && error.code === 410) this.#resourceVersion = undefined;
        const { path, log } = this.#options;
        log('list and watch broke off, trying again', { path, error: errorMessage(error) });
        const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
        const backoffMs = Math.min(MAX_BACKOFF_MS, 500 * 2 ** this.#failures) * (0.5 + this.#random());
        this.#failures = Math.min(this.#failures + 1, 10);
        await sleep(Math.max(asked, backoffMs), undefined, { signal }).catch(() => {});
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, path, labelSelector, strip } = this.#options;
    const found = new Map<string, T>();
    let token: string | undefined;
    let version: string | undefined;
    do {
      const query = { limit: PAGE, continue: token, labelSelector };
      const page: List<T> = await client.request('GET', path, { query, signal, timeoutMs: LIST_MS });
      for (const item of page.items ?? []) found.set(item.metadata.name, strip ? strip(item) : item);
      token = page.metadata.continue || undefined;
      version = page.metadata.resourceVersion;
    } while (token !== undefined);
    const pending = diff(this.#store, found);
    for (const change of pending) this.#apply(change);
    this.#resourceVersion = version;
    this.#synced = true;
    this.#lastEventAt = Date.now();
    for (const change of pending) this.#notify(change);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, path, labelSelector, strip } = this.#options;
    const silence = new AbortController();
    const guard = setTimeout(() => silence.abort(new Error(`No event for ${SILENCE_MS} ms`)), SILENCE_MS);
    const begun = Date.now();
    let events = 0;
    const query = {
      labelSelector,
      resourceVersion: this.#resourceVersion,
      allowWatchBookmarks: true,
      // Random, so that the watches of many clients don't all end at once.
      timeoutSeconds: 240 + Math.floor(this.#random() * 240),
    };
    try {
      for await (const event of client.watch(path, query, AbortSignal.any([signal, silence.signal]))) {
        guard.refresh();
        events += 1;
        this.#failures = 0;
        this.#lastEventAt = Date.now();
        const object = event.object as T;
        this.#resourceVersion = object.metadata.resourceVersion;
        if (event.type === 'BOOKMARK') continue;
        const current = event.type === 'DELETED' ? undefined : strip ? strip(object) : object;
        for (const change of changes(this.#store.get(object.metadata.name), current)) {
          this.#apply(change);
          this.#notify(change);
        }
      }
    } finally {
      clearTimeout(guard);
    }
    // Without this a server that ends each watch at once would be asked in a tight loop.
    if (events === 0 && Date.now() - begun < 1000) throw new Error('The watch ended at once without an event');
  }

  #apply({ previous, current }: Change<T>): void {
    const { indexBy } = this.#options;
    const { name } = (current ?? previous)!.metadata;
    if (current) this.#store.set(name, current);
    else this.#store.delete(name);
    const value = indexBy?.((current ?? previous)!);
    if (value === undefined) return;
    const group = this.#index.get(value) ?? new Map<string, T>();
    if (current) group.set(name, current);
    else group.delete(name);
    if (group.size > 0) this.#index.set(value, group);
    else this.#index.delete(value);
  }

  #notify({ previous, current }: Change<T>): void {
    try {
      this.#options.onChange(previous, current);
    } catch (error) {
      this.#options.log('a change handler failed', { path: this.#options.path, error: errorMessage(error) });
    }
  }
}
