import { ApiError } from '../client/http.ts';
import type { LogOptions } from '../client/read-log.ts';
import type { JobView } from '../client/views.ts';
import type { Call } from './call.ts';

/** Streams open at a time: the service limits those of a caller. */
const MAX_STREAMS = 50;

/** Prints the logs of several jobs, each line with the name of its job before it. */
export class LogLines {
  readonly #call: Pick<Call, 'service' | 'io'>;
  readonly #print: (text: string) => void;
  readonly #signal: AbortSignal;
  readonly #seen = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #error: unknown;

  constructor(call: Pick<Call, 'service' | 'io'>, print: (text: string) => void, signal: AbortSignal) {
    this.#call = call;
    this.#print = print;
    this.#signal = signal;
  }

  /** Begins with a job's log, once. Resolves when there is room for another. */
  async add(job: Pick<JobView, 'id' | 'name'>, options: LogOptions): Promise<void> {
    if (this.#seen.has(job.id)) return;
    this.#seen.add(job.id);
    while (this.#running.size >= MAX_STREAMS) await Promise.race(this.#running);
    const reading = this.#read(job, options)
      .catch((error) => {
        this.#error ??= error;
      })
      .finally(() => this.#running.delete(reading));
    this.#running.add(reading);
  }

  /** Resolves when all logs were read. Rejects with the first error if one could not be. */
  async end(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running);
    if (this.#error) throw this.#error;
  }

  async #read({ id, name }: Pick<JobView, 'id' | 'name'>, options: LogOptions): Promise<void> {
    let rest = '';
    try {
      for await (const piece of this.#call.service.log(id, options, this.#signal)) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop()!;
        if (lines.length > 0) this.#print(lines.map((line) => `[${name}] ${line}\n`).join(''));
      }
      if (rest !== '') this.#print(`[${name}] ${rest}\n`);
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof ApiError && error.status === 410)) throw error;
      this.#call.io.err(`[${name}] ${error.message}\n`);
    }
  }
}
