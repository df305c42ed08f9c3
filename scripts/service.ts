import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '..');

/** A process of the product: from source, api/main.ts or controller/main.ts, or as a bundle. */
export class Service {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #name: string;
  #readyLine: Record<string, unknown> | undefined;
  #ready: (line: Record<string, unknown>) => void = () => {};
  #stopping = false;
  #tail: string[] = [];

  /**
   * Starts it with exactly these settings, and appends its log to `logFile`. If it ends without `stop` or `kill`, `onDeath`
   * gets a sentence with the end of the log. `program` is the file to run, by default its source.
   */
  constructor(
    name: 'api' | 'controller',
    env: Record<string, string>,
    logFile: string,
    onDeath: (why: string) => void,
    program = join(ROOT, name, 'main.ts'),
  ) {
    this.#name = name;
    this.#child = spawn(process.execPath, [program], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    const log = createWriteStream(logFile, { flags: 'a' });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`);
        this.#tail = [...this.#tail.slice(-14), line];
        this.#read(line);
      });
    }
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        log.end(resolve);
        if (!this.#stopping)
          onDeath(`${name} ended with ${signal ?? code}. The end of its log:\n${this.#tail.join('\n')}`);
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves with the fields of its `ready` or `listening` log entry. Rejects if it ends before, or after `deadlineMs`. */
  ready(deadlineMs = 30_000): Promise<Record<string, unknown>> {
    if (this.#readyLine) return Promise.resolve(this.#readyLine);
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`${this.#name} did not start. Its log:\n${this.#tail.join('\n')}`));
      const timer = setTimeout(fail, deadlineMs);
      this.#ready = (line) => {
        clearTimeout(timer);
        resolve(line);
      };
      void this.#exited.then(() => {
        clearTimeout(timer);
        fail();
      });
    });
  }

  /** SIGTERM, then SIGKILL after ten seconds. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#exited;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #read(line: string): void {
    if (!line.startsWith('{')) return;
    try {
      const fields = JSON.parse(line) as Record<string, unknown>;
      if (fields.message !== 'ready' && fields.message !== 'listening') return;
      this.#readyLine = fields;
      this.#ready(fields);
    } catch {
      // A crash cut the line short.
    }
  }
}
