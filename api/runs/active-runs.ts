import { HttpError } from '../http/http-error.ts';

/** How many runs may be active at a time. */
export interface RunCaps {
  total: number;
  perGroup: number;
}

/** By then a stored run is in the cache, or deleted again. */
const RESERVATION_MS = 30_000;
const RETRY_AFTER_SECONDS = 10;

/** Counts active runs: unfinished ones in the cache, and reservations for runs that the cache does not hold yet. */
export class ActiveRuns {
  readonly #cached = new Map<string, string>();
  readonly #reserved = new Map<string, string>();
  readonly #perGroup = new Map<string, number>();

  get total(): number {
    return this.#cached.size + this.#reserved.size;
  }

  inGroup(group: string): number {
    return this.#perGroup.get(group) ?? 0;
  }

  /** Counts a run before it is stored. If storing fails, call the returned function. */
  reserve(runId: string, group: string): () => void {
    if (this.#cached.has(runId) || this.#reserved.has(runId)) return () => {};
    this.#reserved.set(runId, group);
    this.#count(group, 1);
    const release = () => {
      if (this.#reserved.delete(runId)) this.#count(group, -1);
    };
    setTimeout(release, RESERVATION_MS).unref();
    return release;
  }

  /** Records what the cache holds of a run: its group while it is active, undefined once it is finished or deleted. */
  observe(runId: string, group: string | undefined): void {
    const reservedGroup = this.#reserved.get(runId);
    if (reservedGroup !== undefined) {
      this.#reserved.delete(runId);
      this.#count(reservedGroup, -1);
    }
    const previousGroup = this.#cached.get(runId);
    if (previousGroup === group) return;
    if (previousGroup !== undefined) {
      this.#cached.delete(runId);
      this.#count(previousGroup, -1);
    }
    if (group !== undefined) {
      this.#cached.set(runId, group);
      this.#count(group, 1);
    }
  }

  /** The run id of an active run in the cache, in rotation; undefined if there is none. */
  next(): string | undefined {
    const [first] = this.#cached;
    if (!first) return undefined;
    this.#cached.delete(first[0]);
    this.#cached.set(...first);
    return first[0];
  }

  #count(group: string, by: number): void {
    const count = this.inGroup(group) + by;
    if (count > 0) this.#perGroup.set(group, count);
    else this.#perGroup.delete(group);
  }
}

/** Throws an HttpError (429) if one more run of the group would exceed a cap. */
export function checkCaps(active: Pick<ActiveRuns, 'total' | 'inGroup'>, caps: RunCaps, group: string): void {
  const headers = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
  if (active.inGroup(group) >= caps.perGroup) {
    const sentence = `Expected at most ${caps.perGroup} runs of group ${group} at a time. Nothing was started; try again when one is over.`;
    throw new HttpError(429, sentence, { headers });
  }
  if (active.total >= caps.total) {
    const sentence = `Expected at most ${caps.total} runs at a time. Nothing was started; try again when one is over.`;
    throw new HttpError(429, sentence, { headers });
  }
}
