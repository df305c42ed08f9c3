import { ServiceUnavailable } from '../http/http-error.ts';

interface Options {
  /** An answer is not asked for again for so long, milliseconds. */
  freshMs: number;
  /** Where nobody can be asked, an answer as old as this is still used, milliseconds. */
  staleMs: number;
  now?: () => number;
}

interface Entry<T> {
  at: number;
  value: T;
}

const MAX_ENTRIES = 10_000;

/** Answers that are asked for again and again, kept for a moment, and for longer while nobody can be asked. */
export class Decisions<T> {
  readonly #options: Options;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #asking = new Map<string, Promise<T>>();

  constructor(options: Options) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** `ask` is called once for all who want the same at a time. What it throws is not kept. */
  async get(key: string, ask: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key);
    const age = entry ? this.#now() - entry.at : Number.POSITIVE_INFINITY;
    if (entry && age < this.#options.freshMs) return entry.value;
    try {
      return await this.#ask(key, ask);
    } catch (error) {
      if (entry && error instanceof ServiceUnavailable && age < this.#options.staleMs) return entry.value;
      throw error;
    }
  }

  #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const asking = this.#asking.get(key);
    if (asking) return asking;
    const answer = ask()
      .then((value) => {
        this.#keep(key, value);
        return value;
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, answer);
    return answer;
  }

  #keep(key: string, value: T): void {
    // Last in the order of the map: the first is the one that was asked for longest ago.
    this.#entries.delete(key);
    this.#entries.set(key, { at: this.#now(), value });
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }
}
