import { HttpError } from './http-error.ts';

export interface Rate {
  perSecond: number;
  /** How many may come at once after a pause. */
  burst: number;
}

const MAX_KEYS = 10_000;

/** A bound on how often each of many may ask. Counted by this replica alone. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** When each would have its whole burst again, milliseconds. */
  readonly #fullAt = new Map<string, number>();

  /** `now` tells milliseconds of a clock that never jumps. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Counts one request. Throws an HttpError (429) where it is one too many; that one does not count. */
  take(key: string): void {
    const waitMs = this.#waitMs(key);
    if (waitMs > 0) throw tooMany(this.#rate.perSecond, waitMs);
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(key) ?? 0, now) + 1000 / this.#rate.perSecond;
    // Last in the order of the map, so that the first has been quiet for longest.
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    if (this.#fullAt.size > MAX_KEYS) this.#fullAt.delete(this.#fullAt.keys().next().value!);
  }

  /** Throws as `take` would, but counts nothing. */
  check(key: string): void {
    const waitMs = this.#waitMs(key);
    if (waitMs > 0) throw tooMany(this.#rate.perSecond, waitMs);
  }

  #waitMs(key: string): number {
    const { perSecond, burst } = this.#rate;
    const roomAt = (this.#fullAt.get(key) ?? 0) - ((burst - 1) * 1000) / perSecond;
    return roomAt - this.#now();
  }
}

function tooMany(perSecond: number, waitMs: number): HttpError {
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) };
  return new HttpError(429, `Expected at most ${perSecond} requests a second. Try again later.`, { headers });
}
