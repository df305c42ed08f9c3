import { HttpError } from '../http/http-error.ts';

export interface ConcurrencyLimits {
  /** For all callers together. */
  total: number;
  perCaller: number;
}

/** Limits how many long-lived responses are open at a time: events, logs and waits. */
export class ConcurrencyLimit {
  readonly #limits: ConcurrencyLimits;
  readonly #perCaller = new Map<string, number>();
  #total = 0;

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits;
  }

  get active(): number {
    return this.#total;
  }

  /** Counts a response until the returned function is called. Throws an HttpError at the limit of the caller (429) or of all (503). */
  acquire(caller: string): () => void {
    const { total, perCaller } = this.#limits;
    const headers = { 'Retry-After': '5' };
    const open = this.#perCaller.get(caller) ?? 0;
    if (open >= perCaller) {
      const sentence = `Expected at most ${perCaller} of your requests to wait at a time. Try again when one has ended.`;
      throw new HttpError(429, sentence, { headers });
    }
    if (this.#total >= total) throw new HttpError(503, 'Too many requests wait at the moment. Try again.', { headers });
    this.#perCaller.set(caller, open + 1);
    this.#total += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#total -= 1;
      const remaining = this.#perCaller.get(caller)! - 1;
      if (remaining > 0) this.#perCaller.set(caller, remaining);
      else this.#perCaller.delete(caller);
    };
  }
}
