import { LRUCache } from 'lru-cache';
import { HttpError } from './http-error.ts';

export interface Rate {
  perSecond: number;
  /** Requests at once after a pause. */
  burst: number;
}

const MAX_KEYS = 10_000;

/** Limits the rate of requests of each key. Each replica counts for itself. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #counted: string;
  /** When each key has its whole burst again, by `now`. The key whose last request is the oldest is forgotten first. */
  readonly #fullAt = new LRUCache<string, number>({ max: MAX_KEYS });

  /** `now` is in milliseconds, of a clock that never jumps; `counted` is what the 429 says one may have too many of. */
  constructor(rate: Rate, now: () => number = () => performance.now(), counted = 'requests') {
    this.#rate = rate;
    this.#now = now;
    this.#counted = counted;
  }

  /** Counts one request. Throws an HttpError (429) without counting it when it is one too many. */
  take(key: string): void {
    const waitMs = this.#waitMs(key);
    if (waitMs > 0) throw this.#tooMany(waitMs);
    this.#count(key);
  }

  /** Counts one request and returns true; returns false without counting it when it is one too many. */
  tryTake(key: string): boolean {
    if (this.#waitMs(key) > 0) return false;
    this.#count(key);
    return true;
  }

  /** Takes back the count of one request. */
  giveBack(key: string): void {
    const fullAt = this.#fullAt.peek(key);
    if (fullAt !== undefined) this.#fullAt.set(key, fullAt - 1000 / this.#rate.perSecond);
  }

  #waitMs(key: string): number {
    const { perSecond, burst } = this.#rate;
    return (this.#fullAt.peek(key) ?? 0) - ((burst - 1) * 1000) / perSecond - this.#now();
  }

  #count(key: string): void {
    this.#fullAt.set(key, Math.max(this.#fullAt.peek(key) ?? 0, this.#now()) + 1000 / this.#rate.perSecond);
  }

  #tooMany(waitMs: number): HttpError {
    const headers = { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) };
    const sentence = `Expected at most ${this.#rate.perSecond} ${this.#counted} a second. Try again later.`;
    return new HttpError(429, sentence, { headers });
  }
}
