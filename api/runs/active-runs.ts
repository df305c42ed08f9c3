import { HttpError } from '../http/http-error.ts';

export interface RunCaps {
  total: number;
  perGroup: number;
}

/** A run that was stored is in the cache before this, or gone already. */
const UNSEEN_MS = 30_000;
const RETRY_AFTER_SECONDS = 10;

/** The runs that are not over, counted from objects: those in the cache, and those that were stored but not seen in it yet. */
export class ActiveRuns {
  readonly #seen = new Map<string, string>();
  readonly #unseen = new Map<string, string>();
  readonly #perGroup = new Map<string, number>();

  get total(): number {
    return this.#seen.size + this.#unseen.size;
  }

  inGroup(group: string): number {
    return this.#perGroup.get(group) ?? 0;
  }

  /** A run is about to be stored. Call what it returns if it was not. */
  expect(runId: string, group: string): () => void {
    if (this.#seen.has(runId) || this.#unseen.has(runId)) return () => {};
    this.#unseen.set(runId, group);
    this.#count(group, 1);
    const forget = () => {
      if (this.#unseen.delete(runId)) this.#count(group, -1);
    };
    setTimeout(forget, UNSEEN_MS).unref();
    return forget;
  }

  /** What the cache says of a run: the group while it is active, undefined when it is over or gone. */
  observe(runId: string, group: string | undefined): void {
    const unseen = this.#unseen.get(runId);
    if (unseen !== undefined) {
      this.#unseen.delete(runId);
      this.#count(unseen, -1);
    }
    const before = this.#seen.get(runId);
    if (before === group) return;
    if (before !== undefined) {
      this.#seen.delete(runId);
      this.#count(before, -1);
    }
    if (group !== undefined) {
      this.#seen.set(runId, group);
      this.#count(group, 1);
    }
  }

  /** The base of a run that is known to go on, each in turn. */
  next(): string | undefined {
    const [first] = this.#seen;
    if (!first) return undefined;
    this.#seen.delete(first[0]);
    this.#seen.set(...first);
    return first[0];
  }

  #count(group: string, by: number): void {
    const count = this.inGroup(group) + by;
    if (count > 0) this.#perGroup.set(group, count);
    else this.#perGroup.delete(group);
  }
}

/** Throws an HttpError (429) where one more run of the group would be too many. */
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
