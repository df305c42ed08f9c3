import { LRUCache } from 'lru-cache';
import { ServiceUnavailable } from '../http/http-error.ts';

interface Options {
  /** Age up to which an answer is used without asking again, milliseconds. */
  freshMs: number;
  /** Age up to which an answer is used while the service cannot be reached (RFC 5861, stale-if-error), milliseconds. */
  staleMs: number;
  /** Milliseconds of a clock that never jumps. */
  now?: () => number;
}

interface Entry<T> {
  /** When the answer came, by `now`. */
  at: number;
  value: T;
}

const MAX_ENTRIES = 10_000;

/** Caches the answers of a service, and uses them for longer while it cannot be reached. Errors are not cached. */
export class AnswerCache<T> {
  readonly #options: Options;
  readonly #now: () => number;
  readonly #entries = new LRUCache<string, Entry<T>>({ max: MAX_ENTRIES });
  readonly #inFlight = new Map<string, Promise<T>>();

  constructor(options: Options) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * The cached answer, or that of `ask`. Also asks where `recheck` returns true for a cached answer that is still fresh. Concurrent
   * calls for one key share one `ask`. Throws what `ask` throws.
   */
  async get(key: string, ask: () => Promise<T>, recheck: (value: T) => boolean = () => false): Promise<T> {
    const entry = this.#entries.get(key);
    const age = entry ? this.#now() - entry.at : Number.POSITIVE_INFINITY;
    const isFresh = age < this.#options.freshMs;
    // Looked for first: what joins a question counts against no budget of `recheck`.
    if (entry && isFresh && !this.#inFlight.has(key) && !recheck(entry.value)) return entry.value;
    try {
      return await this.#ask(key, ask);
    } catch (error) {
      if (entry && error instanceof ServiceUnavailable && age < this.#options.staleMs) return entry.value;
      throw error;
    }
  }

  /** Whether it holds an answer, of any age. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Drops the answer, so that it is not used in an outage either. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const inFlight = this.#inFlight.get(key);
    if (inFlight) return inFlight;
    const answer = ask()
      .then((value) => {
        this.#entries.set(key, { at: this.#now(), value });
        return value;
      })
      .finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, answer);
    return answer;
  }
}
