export interface Stored {
  metadata: { name: string; namespace?: string; uid: string; resourceVersion: string };
}

/** One change of a store: an addition (no `previous`), a deletion (no `current`), or an update of one object (same UID). */
export interface Change<T> {
  previous: T | undefined;
  current: T | undefined;
}

/** The changes from one version of a name to the next. Deleted and recreated (another UID) is two changes, not an update. */
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

/** The changes from one set of objects (by name) to another. */
export function diff<T extends Stored>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Change<T>[] {
  const deleted = [...before].filter(([name]) => !after.has(name)).flatMap(([, object]) => changes(object, undefined));
  return [...deleted, ...[...after].flatMap(([name, object]) => changes(before.get(name), object))];
}

/**
 * Whether the first object is an older version than the second. The resourceVersions of a resource are increasing integers
 * (Kubernetes API concepts, resource versions; KEP-5504).
 */
export const isOlder = (one: Stored, other: Stored): boolean =>
  BigInt(one.metadata.resourceVersion) < BigInt(other.metadata.resourceVersion);

/** Objects by name, with one index. An object whose `indexBy` returns undefined is not in the index. */
export class Store<T extends Stored> {
  readonly #objects = new Map<string, T>();
  readonly #index = new Map<string, Map<string, T>>();
  readonly #indexBy: ((object: T) => string | undefined) | undefined;

  /** The index value of an object must never change. */
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

  /** The changes from a watch event. An event older than the stored version is a repetition and changes nothing. */
  changesFromEvent(type: string, object: T): Change<T>[] {
    const stored = this.#objects.get(object.metadata.name);
    if (stored && isOlder(object, stored)) return [];
    // The event of a deletion carries the last version, which may be newer than the stored one.
    if (type === 'DELETED') return stored ? [{ previous: object, current: undefined }] : [];
    return changes(stored, object);
  }

  /** The changes from a new list. */
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
