import { LRUCache } from 'lru-cache';
import { TokenBucket } from './token-bucket.ts';

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 60_000;
/** Retries of all keys together, as in client-go's default controller rate limiter: avoids a burst of retries after an outage. */
const RETRIES_PER_SECOND = 10;
const RETRIES_BURST = 100;
/** A timer for longer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A key that is forgotten is processed sooner than it need be. */
const MAX_PROCESSED = 10_000;

/**
 * A queue of keys, like client-go's workqueue: a key is queued at most once and processed by at most one worker at a time; a
 * key added while it is processed is processed again. Keys may be added before `run`; once stopped, added keys are ignored.
 */
export class WorkQueue {
  /** Keys that wait for a worker, oldest first. */
  readonly #ready = new Set<string>();
  readonly #processing = new Set<string>();
  /** Keys added while processed: they go back to #ready afterwards. */
  readonly #again = new Set<string>();
  /** When keys were last processed, on the clock of performance.now(). */
  readonly #processedAt = new LRUCache<string, number>({ max: MAX_PROCESSED });
  /** Keys added with a gap while processed. */
  readonly #gaps = new Map<string, number>();
  readonly #timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #idleWorkers: (() => void)[] = [];
  readonly #retries = new TokenBucket(RETRIES_PER_SECOND, RETRIES_BURST);
  #stopped = false;

  /** Keys that wait for a worker; delayed keys are not counted. */
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

  /**
   * Adds the key so that `ms` milliseconds pass between the end of its last processing and the next: at once if that was longer ago.
   */
  addSpaced(key: string, ms: number): void {
    if (this.#processing.has(key)) this.#gaps.set(key, ms);
    else if (!this.#ready.has(key)) {
      const processedAt = this.#processedAt.get(key) ?? Number.NEGATIVE_INFINITY;
      this.addAfter(key, Math.max(0, processedAt + ms - performance.now()));
    }
  }

  /**
   * Adds the key after `ms` milliseconds, or after 24 days if that is sooner. If the key is delayed already, the earlier time counts.
   */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    // Monotonic: after the system clock is set back, a longer delay would replace a shorter one.
    const at = performance.now() + ms;
    const waiting = this.#timers.get(key);
    if (waiting && waiting.at <= at) return;
    clearTimeout(waiting?.timer);
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    this.#timers.set(key, { at, timer });
  }

  /** Adds the key with backoff: 0.1 s, doubled by each call since `forget`, longer if many keys retry; at most 60 s. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const backoffMs = Math.max(this.#retries.take(), FIRST_BACKOFF_MS * 2 ** failures);
    this.addAfter(key, Math.min(MAX_BACKOFF_MS, backoffMs));
  }

  /** Resets the backoff of a key. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Processes keys until aborted, then resolves when the handlers in progress are done. If a handler throws, `onError` is
   * called and the key is requeued with backoff. A queue can run only once.
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
      this.#processedAt.set(key, performance.now());
      const gapMs = this.#gaps.get(key);
      this.#gaps.delete(key);
      if (this.#again.delete(key)) this.add(key);
      else if (gapMs !== undefined) this.addAfter(key, gapMs);
    }
  }
}
