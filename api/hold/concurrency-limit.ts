import { HttpError } from '../http/http-error.ts';

export interface ConcurrencyLimits {
  /** For all callers together. */
  total: number;
  perCaller: number;
}

/** How many answers may be held open at a time: events, logs that are followed, and waits. */
export class ConcurrencyLimit {
  readonly #limits: ConcurrencyLimits;
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits;
  }

  get active(): number {
    return this.#total;
  }

  /** Takes one and returns what gives it back, once. Throws an HttpError where the caller (429) or all (503) have too many. */
  acquire(caller: string): () => void {
    const { total, perCaller } = this.#limits;
    const headers = { 'Retry-After': '5' };
    const own = this.#taken.get(caller) ?? 0;
    if (own >= perCaller) {
      const sentence = `Expected at most ${perCaller} of your requests to wait at a time. Try again when one has ended.`;
      throw new HttpError(429, sentence, { headers });
    }
    if (this.#total >= total) throw new HttpError(503, 'Too many requests wait at the moment. Try again.', { headers });
    this.#taken.set(caller, own + 1);
    this.#total += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#total -= 1;
      const left = this.#taken.get(caller)! - 1;
      if (left > 0) this.#taken.set(caller, left);
      else this.#taken.delete(caller);
    };
  }
}
