import { readFile, stat } from 'node:fs/promises';
import { errorMessage, type Log } from '../../process/log.ts';
import { sleep } from '../../process/sleep.ts';
import { type Catalog, CatalogError } from './catalog.ts';
import { parseConfig } from './parse-thread.ts';
import { formatProblem } from './problem.ts';

/** A ConfigMap cannot hold more. */
const MAX_FILE_BYTES = 1024 * 1024;
/** A parser that failed, such as for lack of memory, is not started again with the same text for so long. */
const PARSER_PAUSE_MS = 30_000;
/** Of one file, in the log. */
const MAX_LOGGED_WARNINGS = 20;

/** Rejects with a CatalogError if the text is invalid. */
type Parse = (text: string) => Promise<Catalog>;

/** The catalog of a file that may change. While the file is invalid, the last good catalog stays in use. */
export class CatalogFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #parse: Parse;
  /** What was parsed last, and its error if it is invalid. */
  #text: string;
  #textError: CatalogError | undefined;
  /** The text on which the parser itself failed last, and when by a clock that never jumps. */
  #failed: { text: string; error: unknown; at: number } | undefined;
  #catalog: Catalog;
  #problem: string | undefined;
  #note: string | undefined;

  /** Reads the file for the first time; rejects with a message that says what to correct. */
  static async open(path: string, log: Log, parse: Parse = parseConfig): Promise<CatalogFile> {
    const text = await read(path).catch((error) => {
      throw new Error(`Cannot read the groups from CONFIG_FILE ${path}: ${errorMessage(error)}`);
    });
    const catalog = await parse(text).catch((error) => {
      throw new Error(`${path} cannot be used:\n${errorMessage(error)}`);
    });
    return new CatalogFile({ path, log, parse, text, catalog });
  }

  private constructor(first: { path: string; log: Log; parse: Parse; text: string; catalog: Catalog }) {
    this.#path = first.path;
    this.#log = first.log;
    this.#parse = first.parse;
    this.#text = first.text;
    this.#catalog = first.catalog;
    this.#logRead();
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** Why the current file is not in use; undefined if it is. May quote the file. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** For callers without a token: that the current file is not in use and the line of its first problem, but none of its text. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Polls the file until the signal aborts. File watches are unreliable for a ConfigMap, which swaps symbolic links. */
  async follow(signal: AbortSignal, intervalMs = 1000, parserPauseMs = PARSER_PAUSE_MS): Promise<void> {
    while (!signal.aborted) {
      await sleep(intervalMs, signal);
      if (!signal.aborted) await this.#reload(parserPauseMs);
    }
  }

  async #reload(parserPauseMs: number): Promise<void> {
    try {
      const text = await read(this.#path);
      const isNew = text !== this.#text;
      if (isNew) await this.#take(text, parserPauseMs);
      if (this.#textError) throw this.#textError;
      if (isNew || this.#problem !== undefined) this.#logRead();
      this.#problem = undefined;
      this.#note = undefined;
    } catch (error) {
      const problem = errorMessage(error);
      if (problem !== this.#problem)
        this.#log('config file cannot be used, the last good one stays', { error: problem });
      this.#problem = problem;
      const where = error instanceof CatalogError && error.line !== undefined ? ` since line ${error.line}` : '';
      this.#note = `cannot be used${where}; the log says why`;
    }
  }

  /** Parses a new text, and remembers it unless the parser itself failed: that is tried again. */
  async #take(text: string, parserPauseMs: number): Promise<void> {
    const failed = this.#failed;
    if (failed?.text === text && performance.now() - failed.at < parserPauseMs) throw failed.error;
    try {
      this.#catalog = await this.#parse(text);
      this.#textError = undefined;
    } catch (error) {
      if (!(error instanceof CatalogError)) {
        this.#failed = { text, error, at: performance.now() };
        throw error;
      }
      this.#textError = error;
    }
    this.#text = text;
  }

  #logRead(): void {
    const warnings = [...this.#catalog.values()].flatMap((group) => group.warnings);
    this.#log(
      'config file read',
      {
        groups: this.#catalog.size,
        ...(warnings.length > 0 && {
          warningCount: warnings.length,
          warnings: warnings.slice(0, MAX_LOGGED_WARNINGS).map(formatProblem),
        }),
      },
      warnings.length > 0 ? 'warn' : 'info',
    );
  }
}

async function read(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`Expected a file of at most ${MAX_FILE_BYTES} bytes, got ${size}`);
  return readFile(path, 'utf8');
}
