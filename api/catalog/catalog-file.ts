import { readFile, stat } from 'node:fs/promises';
import { errorMessage, type Log } from '../../process/log.ts';
import { sleep } from '../../process/sleep.ts';
import type { Catalog } from './catalog.ts';
import { CatalogError } from './catalog-error.ts';
import { parseConfig, type Texts } from './parse-thread.ts';
import { formatProblem } from './problem.ts';

/** A ConfigMap cannot hold more. */
const MAX_FILE_BYTES = 1024 * 1024;
/** A parser that failed, such as for lack of memory, is not started again with the same text for so long. */
const PARSER_PAUSE_MS = 30_000;
/** Of one file, in the log. */
const MAX_LOGGED_WARNINGS = 20;

/** Rejects with a CatalogError if a text is invalid. */
type Parse = (texts: Texts) => Promise<Catalog>;

/** Where the texts are. */
type Paths = Texts;

/**
 * The catalog of config.yaml within the bounds of bounds.yaml. Both may change. While one is invalid, the last good catalog stays in
 * use, with the bounds of its time: the API server holds the current ones.
 */
export class CatalogFile {
  readonly #paths: Paths;
  readonly #log: Log;
  readonly #parse: Parse;
  /** What was parsed last, and its error if it is invalid. */
  #texts: Texts;
  #textError: CatalogError | undefined;
  /** The texts on which the parser itself failed last, and when by a clock that never jumps. */
  #failed: { texts: Texts; error: unknown; at: number } | undefined;
  #catalog: Catalog;
  #problem: string | undefined;
  #note: string | undefined;

  /** Reads the files for the first time; rejects with a message that says what to correct. */
  static async open(paths: Paths, log: Log, parse: Parse = parseConfig): Promise<CatalogFile> {
    const texts = await read(paths);
    const catalog = await parse(texts).catch((error) => {
      const path = error instanceof CatalogError ? paths[error.file] : paths.config;
      throw new Error(`${path} cannot be used:\n${errorMessage(error)}`);
    });
    return new CatalogFile({ paths, log, parse, texts, catalog });
  }

  private constructor(first: { paths: Paths; log: Log; parse: Parse; texts: Texts; catalog: Catalog }) {
    this.#paths = first.paths;
    this.#log = first.log;
    this.#parse = first.parse;
    this.#texts = first.texts;
    this.#catalog = first.catalog;
    this.#logRead();
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** Why the current files are not in use; undefined if they are. May quote them. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** For callers without a token: which file is not in use and the line of its first problem, but none of its text. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Polls the files until the signal aborts. File watches are unreliable for a ConfigMap, which swaps symbolic links. */
  async follow(signal: AbortSignal, intervalMs = 1000, parserPauseMs = PARSER_PAUSE_MS): Promise<void> {
    while (!signal.aborted) {
      await sleep(intervalMs, signal);
      if (!signal.aborted) await this.#reload(parserPauseMs);
    }
  }

  async #reload(parserPauseMs: number): Promise<void> {
    try {
      const texts = await read(this.#paths);
      const isNew = !isSame(texts, this.#texts);
      if (isNew) await this.#take(texts, parserPauseMs);
      if (this.#textError) throw this.#textError;
      if (isNew || this.#problem !== undefined) this.#logRead();
      this.#problem = undefined;
      this.#note = undefined;
    } catch (error) {
      const problem =
        error instanceof CatalogError ? `${this.#paths[error.file]}: ${error.message}` : errorMessage(error);
      if (problem !== this.#problem)
        this.#log('config file cannot be used, the last good one stays', { error: problem });
      this.#problem = problem;
      this.#note = noteOf(error);
    }
  }

  /** Parses new texts, and remembers it unless the parser itself failed: that is tried again. */
  async #take(texts: Texts, parserPauseMs: number): Promise<void> {
    const failed = this.#failed;
    if (failed && isSame(texts, failed.texts) && performance.now() - failed.at < parserPauseMs) throw failed.error;
    try {
      this.#catalog = await this.#parse(texts);
      this.#textError = undefined;
    } catch (error) {
      if (!(error instanceof CatalogError)) {
        this.#failed = { texts, error, at: performance.now() };
        throw error;
      }
      this.#textError = error;
    }
    this.#texts = texts;
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

const isSame = (one: Texts, other: Texts): boolean => one.config === other.config && one.bounds === other.bounds;

function noteOf(error: unknown): string {
  if (!(error instanceof CatalogError)) return 'cannot be used; the log says why';
  const { file, line } = error;
  return `${file === 'bounds' ? 'its bounds file ' : ''}cannot be used${line === undefined ? '' : ` since line ${line}`}; the log says why`;
}

const read = async ({ config, bounds }: Paths): Promise<Texts> => ({
  config: await readText(config, 'the groups from CONFIG_FILE'),
  bounds: await readText(bounds, 'what jobs may refer to from BOUNDS_FILE'),
});

/** Rejects with a message that names the file. */
async function readText(path: string, what: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error(`Expected a file of at most ${MAX_FILE_BYTES} bytes, got ${size}`);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read ${what} ${path}: ${errorMessage(error)}`);
  }
}
