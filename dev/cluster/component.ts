import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { poll } from './poll.ts';

interface Options {
  logs: string;
  env?: Record<string, string>;
  onDeath: (why: string) => void;
}

/** A supervised process of the cluster, with its output in a log file. */
export class Component {
  readonly name: string;
  readonly #command: string[];
  readonly #options: Options;
  readonly #log: string;
  #child: ChildProcess;
  #exited: Promise<void>;
  #stopping = false;

  /**
   * Starts it in its own process group: Ctrl-C reaches only the launcher, which stops all components in order. If it ends
   * without `stop`, `onDeath` gets a sentence with the end of the log.
   */
  constructor(name: string, command: string[], options: Options) {
    this.name = name;
    this.#command = command;
    this.#options = options;
    this.#log = join(options.logs, `${name}.log`);
    this.#child = this.#spawn();
    this.#exited = this.#end(this.#child);
  }

  #spawn(): ChildProcess {
    const output = openSync(this.#log, 'a', 0o600);
    const [program, ...args] = this.#command;
    const env = { ...process.env, ...this.#options.env };
    const child = spawn(program!, args, { detached: true, stdio: ['ignore', output, output], env });
    closeSync(output);
    return child;
  }

  #end(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      const ended = (how: string) => {
        resolve();
        if (this.#stopping) return;
        this.#options.onDeath(`${this.name} ended with ${how}. The end of its log:\n${this.logTail()}`);
      };
      child.once('exit', (code, signal) => ended(`${signal ?? `exit code ${code}`}`));
      child.once('error', (error) => ended(error.message));
    });
  }

  /** Starts it again after `stop`. */
  start(): void {
    this.#stopping = false;
    this.#child = this.#spawn();
    this.#exited = this.#end(this.#child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  logTail(lines = 15): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Sends `signal`, and SIGKILL after `graceMs`. Resolves when the process has ended. */
  async stop(graceMs = 5000, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#stopping = true;
    if (this.#hasEnded) return;
    this.#child.kill(signal);
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(kill);
  }

  /** Resolves when `check` returns true. Rejects with the end of the log when the process ends, or after `deadlineMs`. */
  async healthy(check: () => Promise<boolean>, deadlineMs = 60_000): Promise<void> {
    const isHealthy = async () => {
      if (await check().catch(() => false)) return true;
      if (this.#hasEnded) throw new Error(this.#report('ended'));
      return undefined;
    };
    if (await poll(isHealthy, { deadlineMs, intervalMs: 50 })) return;
    throw new Error(this.#report(`is not healthy after ${deadlineMs / 1000} s`));
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #report(what: string): string {
    return `${this.name} ${what}. The end of its log (${this.#log}):\n${this.logTail()}`;
  }
}

/** Whether an HTTPS endpoint with a certificate of this CA answers 200. */
export function answersOk(url: string, tls: { ca: Buffer; cert?: Buffer; key?: Buffer }): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(url, { ...tls, timeout: 2000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end();
  });
}
