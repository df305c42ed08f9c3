import type { RunStore } from './run-store.ts';

/** Waits for changes of one run. A change between two calls of `next` is not missed. Call `close` at the end. */
export class RunChanges {
  readonly close: () => void;
  #changed = false;
  #wake: () => void = () => {};

  constructor(runs: Pick<RunStore, 'subscribe'>, runId: string) {
    this.close = runs.subscribe(runId, () => {
      this.#changed = true;
      this.#wake();
    });
  }

  /** Resolves when the run has changed since the last call, after `ms` milliseconds, or when the signal aborts. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        const abort = () => this.#wake();
        signal.addEventListener('abort', abort, { once: true });
        this.#wake = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          resolve();
        };
      }).finally(() => this.#wake());
    }
    this.#changed = false;
  }
}
