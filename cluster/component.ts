import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One supervised process of the cluster, its output in a log file. */
export class Component {
  readonly name: string;
  readonly #log: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #stopping = false;

  /**
   * Starts it in a process group of its own, so that a terminal's Ctrl-C reaches the launcher alone, which stops all in
   * order. `onDeath` is called with a sentence and the tail of the log if it ends without having been stopped.
   */
  constructor(
    name: string,
    command: string[],
    options: { logs: string; env?: Record<string, string>; onDeath: (why: string) => void },
  ) {
    this.name = name;
    this.#log = join(options.logs, `${name}.log`);
    const output = openSync(this.#log, 'a');
    this.#child = spawn(command[0]!, command.slice(1), {
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...options.env },
    });
    closeSync(output);
    this.#exited = new Promise((resolve) => {
      const ended = (how: string) => {
        resolve();
        if (!this.#stopping) options.onDeath(`${name} ended with ${how}. The end of its log:\n${this.logTail()}`);
      };
      this.#child.once('exit', (code, signal) => ended(`${signal ?? `exit code ${code}`}`));
      this.#child.once('error', (error) => ended(error.message));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  logTail(lines = 15): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
  async stop(graceMs = 5000): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(kill);
  }

  /** Waits until `check` is true, asked every 50 ms; fails with the end of the log after `deadlineMs`. */
  async healthy(check: () => Promise<boolean>, deadlineMs = 60_000): Promise<void> {
    const until = Date.now() + deadlineMs;
    while (!(await check().catch(() => false))) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(this.#report('ended'));
      if (Date.now() > until) throw new Error(this.#report(`is not healthy after ${deadlineMs / 1000} s`));
      await sleep(50);
    }
  }

  #report(what: string): string {
    return `${this.name} ${what}. The end of its log (${this.#log}):\n${this.logTail()}`;
  }
}

/** Whether an HTTPS health endpoint answers 200, its certificate checked against the cluster's CA. */
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
