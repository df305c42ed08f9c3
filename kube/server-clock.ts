/** The Date header has whole seconds (RFC 9110, 5.6.7). */
const RESOLUTION_MS = 1000;

/**
 * The time of the API server, from the Date of its responses and a monotonic clock. Deadlines count from timestamps of the API
 * server: compared with this machine's clock, a clock that is wrong would end jobs early or never. Until the first response it
 * is this machine's time.
 */
export class ServerClock {
  readonly #monotonic: () => number;
  /** Milliseconds from the start of the monotonic clock to the epoch. */
  #offset: number | undefined;

  /** `monotonic` returns milliseconds of a clock that never jumps. */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  now(): Date {
    return this.#offset === undefined ? new Date() : new Date(this.#offset + this.#monotonic());
  }

  /** Takes the Date header of a response that was received now, `elapsedMs` after its request was sent. Ignores an invalid one. */
  observe(date: string | string[] | undefined, elapsedMs: number): void {
    const earliest = Date.parse(String(date)) - this.#monotonic();
    if (Number.isNaN(earliest)) return;
    // The server wrote the date at some time in between, and cut off the fraction.
    const latest = earliest + RESOLUTION_MS + elapsedMs;
    this.#offset = Math.min(Math.max(this.#offset ?? earliest, earliest), latest);
  }
}
