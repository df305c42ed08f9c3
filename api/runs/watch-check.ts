import { isOlder, type Stored } from '../../kube/store.ts';

/** A working watch delivers a change within a second. After this long it has missed the change. */
const MISSED_MS = 5000;

interface Options {
  /** The watch's copy of the object with this name. */
  get: (name: string) => Stored | undefined;
  /** Closes the watch and opens it again. */
  reopen: () => void;
  now?: () => number;
}

/** Detects a watch that looks alive but delivers nothing: an object read by GET stays newer than the watch's copy. */
export class WatchCheck {
  readonly #options: Options;
  readonly #now: () => number;
  #missed: { latest: Stored; since: number } | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Call it regularly, with an object that was just read from the API server. */
  compare(latest: Stored): void {
    if (this.#missed && !this.#isNewer(this.#missed.latest)) this.#missed = undefined;
    if (!this.#missed) {
      if (this.#isNewer(latest)) this.#missed = { latest, since: this.#now() };
    } else if (this.#now() - this.#missed.since >= MISSED_MS) {
      this.#missed = undefined;
      this.#options.reopen();
    }
  }

  /** Whether the object is newer than the watch's copy. */
  #isNewer(latest: Stored): boolean {
    const cached = this.#options.get(latest.metadata.name);
    return cached !== undefined && cached.metadata.uid === latest.metadata.uid && isOlder(cached, latest);
  }
}
