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
  /** When each key has its whole burst again, by `now`. The key whose last request is the oldest is forgotten first. */
  readonly #fullAt = new LRUCache<string, number>({ max: MAX_KEYS });

  /** `now` is in milliseconds, of a clock that never jumps. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Counts one request. Throws an HttpError (429) without counting it when it is one too many. */
  take(key: string): void {
    this.check(key);
    const from = Math.max(this.#fullAt.peek(key) ?? 0, this.#now());
    this.#fullAt.set(key, from + 1000 / this.#rate.perSecond);
  }

  /** Throws as `take` does, without counting. */
  check(key: string): void {
    const waitMs = this.#waitMs(key);
    if (waitMs > 0) throw tooMany(this.#rate.perSecond, waitMs);
  }

  #waitMs(key: string): number {
    const { perSecond, burst } = this.#rate;
    const roomAt = (this.#fullAt.peek(key) ?? 0) - ((burst - 1) * 1000) / perSecond;
    return roomAt - this.#now();
  }
}

function tooMany(perSecond: number, waitMs: number): HttpError {
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) };
  return new HttpError(429, `Expected at most ${perSecond} requests a second. Try again later.`, { headers });
}
