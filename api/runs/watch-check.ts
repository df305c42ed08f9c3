import { isOlder, type Stored } from '../../kube/store.ts';

/** A watch tells of a change within a second; one that has not by then is given up. */
const MISSED_MS = 5000;

interface Options<T> {
  /** What the watch has told of the object of that name. */
  get: (name: string) => T | undefined;
  /** Opens the watch again. */
  reopen: () => void;
  now?: () => number;
}

/** Finds a watch that hears nothing though it looks alive: what is read beside it stays newer than what it tells. */
export class WatchCheck<T extends Stored> {
  readonly #options: Options<T>;
  readonly #now: () => number;
  #missed: { read: T; at: number } | undefined;

  constructor(options: Options<T>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** To be called again and again with an object that was just read from the API server. */
  compare(read: T): void {
    if (this.#missed && !this.#isUntold(this.#missed.read)) this.#missed = undefined;
    if (!this.#missed) {
      if (this.#isUntold(read)) this.#missed = { read, at: this.#now() };
    } else if (this.#now() - this.#missed.at >= MISSED_MS) {
      this.#missed = undefined;
      this.#options.reopen();
    }
  }

  #isUntold(read: T): boolean {
    const told = this.#options.get(read.metadata.name);
    return told !== undefined && told.metadata.uid === read.metadata.uid && isOlder(told, read);
  }
}
