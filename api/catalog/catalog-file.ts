import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage, type Log } from '../../process/log.ts';
import { type Catalog, parseCatalog } from './catalog.ts';

/** A ConfigMap cannot hold more. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The catalog of a file that may change. While the file is invalid, the last good catalog stays in use. */
export class CatalogFile {
  readonly #path: string;
  readonly #log: Log;
  #text: string;
  #catalog: Catalog;
  #problem: string | undefined;

  /** Reads the file for the first time; rejects with a message that says what to correct. */
  static async open(path: string, log: Log): Promise<CatalogFile> {
    const text = await read(path).catch((error) => {
      throw new Error(`Cannot read the groups from CONFIG_FILE ${path}: ${errorMessage(error)}`);
    });
    try {
      return new CatalogFile(path, log, text, parseCatalog(text));
    } catch (error) {
      throw new Error(`${path} cannot be used:\n${errorMessage(error)}`);
    }
  }

  private constructor(path: string, log: Log, text: string, catalog: Catalog) {
    this.#path = path;
    this.#log = log;
    this.#text = text;
    this.#catalog = catalog;
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** Why the current file is not in use; undefined if it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Polls the file until the signal aborts. File watches are unreliable for a ConfigMap, which swaps symbolic links. */
  async follow(signal: AbortSignal, intervalMs = 1000): Promise<void> {
    while (!signal.aborted) {
      await sleep(intervalMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    try {
      const text = await read(this.#path);
      if (text === this.#text && this.#problem === undefined) return;
      this.#catalog = parseCatalog(text);
      this.#log('config file read', { groups: this.#catalog.size });
      this.#text = text;
      this.#problem = undefined;
    } catch (error) {
      const problem = errorMessage(error);
      if (problem !== this.#problem)
        this.#log('config file cannot be used, the last good one stays', { error: problem });
      this.#problem = problem;
    }
  }
}

async function read(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`Expected a file of at most ${MAX_FILE_BYTES} bytes, got ${size}`);
  return readFile(path, 'utf8');
}
