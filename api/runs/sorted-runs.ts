import type { RunRecord } from '../../contract/run-record.ts';
import { compareCursors, cursorOf, type PageCursor } from '../views/page-cursor.ts';

interface Entry<T> {
  readonly cursor: PageCursor;
  run: T;
}

/** Runs sorted as GET /runs lists them, all and by group: so a page costs the same however many are stored. */
export class SortedRuns<T extends RunRecord> {
  readonly #byName = new Map<string, Entry<T>>();
  readonly #all: Entry<T>[] = [];
  readonly #byGroup = new Map<string, Entry<T>[]>();

  /** Adds a run, or replaces an earlier version of it. */
  set(run: T): void {
    const { name } = run.metadata;
    const cursor = cursorOf(run.metadata);
    const stored = this.#byName.get(name);
    if (stored && compareCursors(stored.cursor, cursor) === 0) {
      stored.run = run;
      return;
    }
    // Somebody has changed its annotation.
    this.delete(name);
    const entry = { cursor, run };
    this.#byName.set(name, entry);
    const { group } = run.spec;
    if (!this.#byGroup.has(group)) this.#byGroup.set(group, []);
    for (const entries of [this.#all, this.#byGroup.get(group)!]) entries.splice(indexOf(entries, cursor), 0, entry);
  }

  delete(name: string): void {
    const entry = this.#byName.get(name);
    if (!entry) return;
    this.#byName.delete(name);
    const { group } = entry.run.spec;
    const ofGroup = this.#byGroup.get(group)!;
    for (const entries of [this.#all, ofGroup]) entries.splice(indexOf(entries, entry.cursor), 1);
    if (ofGroup.length === 0) this.#byGroup.delete(group);
  }

  /** The groups that have runs. */
  groups(): string[] {
    return [...this.#byGroup.keys()];
  }

  /** The runs of all groups or of one, newest first, from the first after `after`. No run may change meanwhile. */
  *list(group?: string, after?: PageCursor): Generator<T, undefined> {
    const entries = group === undefined ? this.#all : (this.#byGroup.get(group) ?? []);
    // A cursor of the earlier version has no place within its second: begin before all runs of that second.
    const from = after ? indexOf(entries, { ...after, acceptedAt: after.acceptedAt ?? Number.POSITIVE_INFINITY }) : 0;
    for (let index = from; index < entries.length; index++) {
      const { cursor, run } = entries[index]!;
      if (!after || compareCursors(cursor, after) > 0) yield run;
    }
  }
}

/** The index of the first entry that is not before this place. */
function indexOf(entries: readonly Entry<unknown>[], place: PageCursor): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCursors(entries[middle]!.cursor, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
