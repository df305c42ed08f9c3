import { TokenBucket } from './token-bucket.ts';

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 60_000;
/** All keys together, as client-go's default controller rate limiter: an outage must not end in a storm. */
const RETRIES_PER_SECOND = 10;
const RETRIES_BURST = 100;

/**
 * A queue of keys, in the manner of client-go: a key waits at most once, is never worked on by two workers, and one
 * added while it is worked on runs again afterwards. Adding is possible before and after `run`.
 */
export class WorkQueue {
  readonly #ready = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #idleWorkers: (() => void)[] = [];
  readonly #retries = new TokenBucket(RETRIES_PER_SECOND, RETRIES_BURST);
  #stopped = false;

  /** How many keys wait for a worker; those whose time has not come are not counted. */
  get depth(): number {
    return this.#ready.size + this.#again.size;
  }

  add(key: string): void {
    if (this.#stopped) return;
    if (this.#processing.has(key)) this.#again.add(key);
    else {
      this.#ready.add(key);
      this.#idleWorkers.shift()?.();
    }
  }

  /** Adds the key in `ms` milliseconds. Of two delays for one key the one that ends first counts. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    // A clock that never jumps: one that is set back would let a longer delay take the place of a shorter one.
    const at = performance.now() + ms;
    const waiting = this.#timers.get(key);
    if (waiting && waiting.at <= at) return;
    clearTimeout(waiting?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, ms);
    this.#timers.set(key, { at, timer });
  }

  /** Adds the key after 0.1 s, doubled by each call since the last `forget`, at most 60 s; later where all keys retry. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.max(this.#retries.take(), Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures)));
  }

  /** The key did well: its next rate-limited add starts from the first delay. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Works until aborted, then finishes the keys in hand and resolves. A handler that throws has its key added again,
   * rate-limited; `onError` is told. A queue runs once.
   */
  async run(
    workers: number,
    handler: (key: string) => Promise<void>,
    signal: AbortSignal,
    onError: (key: string, error: unknown) => void = () => {},
  ): Promise<void> {
    const stop = () => {
      this.#stopped = true;
      for (const { timer } of this.#timers.values()) clearTimeout(timer);
      this.#timers.clear();
      for (const wake of this.#idleWorkers.splice(0)) wake();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const work = async () => {
      while (!this.#stopped) {
        const [key] = this.#ready;
        if (key === undefined) await new Promise<void>((wake) => this.#idleWorkers.push(wake));
        else await this.#process(key, handler, onError);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  }

  async #process(
    key: string,
    handler: (key: string) => Promise<void>,
    onError: (key: string, error: unknown) => void,
  ): Promise<void> {
    this.#ready.delete(key);
    this.#processing.add(key);
    try {
      await handler(key);
      this.forget(key);
    } catch (error) {
      onError(key, error);
      this.addRateLimited(key);
    } finally {
      this.#processing.delete(key);
      if (this.#again.delete(key)) this.add(key);
    }
  }
}
