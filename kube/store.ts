export interface Stored {
  metadata: { name: string; namespace?: string; uid: string; resourceVersion: string };
}

/** One change of a store. Both sides are there only for the same object (UID) in two versions. */
export interface Change<T> {
  previous: T | undefined;
  current: T | undefined;
}

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
  const deleted = [...before].filter(([name]) => !after.has(name)).flatMap(([, object]) => changes(object, undefined));
  return [...deleted, ...[...after].flatMap(([name, object]) => changes(before.get(name), object))];
}

/**
 * Whether the first object is an earlier version than the second. Versions of one resource are integers that grow
 * (Kubernetes API concepts, resource versions; KEP-5504).
 */
export const isOlder = (one: Stored, other: Stored): boolean =>
  BigInt(one.metadata.resourceVersion) < BigInt(other.metadata.resourceVersion);

/** Objects by name, and grouped by what `indexBy` makes of them; undefined leaves one out of the groups. */
export class Store<T extends Stored> {
  readonly #objects = new Map<string, T>();
  readonly #index = new Map<string, Map<string, T>>();
  readonly #indexBy: ((object: T) => string | undefined) | undefined;

  /** What `indexBy` makes of an object must not change during the object's life. */
  constructor(indexBy?: (object: T) => string | undefined) {
    this.#indexBy = indexBy;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  byIndex(value: string): T[] {
    return [...(this.#index.get(value)?.values() ?? [])];
  }

  /** What this event changes. An event that is older than what is stored was sent twice and changes nothing. */
  changesFromEvent(type: string, object: T): Change<T>[] {
    const stored = this.#objects.get(object.metadata.name);
    if (stored && isOlder(object, stored)) return [];
    return changes(stored, type === 'DELETED' ? undefined : object);
  }

  changesFromList(objects: ReadonlyMap<string, T>): Change<T>[] {
    return diff(this.#objects, objects);
  }

  apply({ previous, current }: Change<T>): void {
    const object = (current ?? previous)!;
    const { name } = object.metadata;
    if (current) this.#objects.set(name, current);
    else this.#objects.delete(name);
    const value = this.#indexBy?.(object);
    if (value === undefined) return;
    const entries = this.#index.get(value) ?? new Map<string, T>();
    if (current) entries.set(name, current);
    else entries.delete(name);
    if (entries.size > 0) this.#index.set(value, entries);
    else this.#index.delete(value);
  }
}
