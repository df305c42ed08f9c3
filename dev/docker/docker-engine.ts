import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeCgroup } from '../cluster/cgroup.ts';
import { UserError } from '../cluster/errors.ts';
import { poll } from '../cluster/poll.ts';
import { Progress } from '../cluster/progress.ts';
import { run } from '../cluster/run.ts';
import { LOCAL_BASE, makeLocalBase } from './local-base.ts';

const HELP = `npm run with:docker -- COMMAND…   runs COMMAND with a Docker engine of its own, which is gone when COMMAND ends

For a machine whose Docker engine does not run, or cannot pull images: Linux, root, and dockerd (Debian: apt-get install
docker.io). COMMAND finds the engine by DOCKER_HOST and, as NODE_IMAGE, a base image made from this machine's own files.
The engine has no network of its own: containers use the machine's (--network host). Ends with what COMMAND ends with, or with
69 where it could not be run.

  npm run with:docker -- npm run test:images
  npm run with:docker -- npm run images:build`;

/** Exit code without an engine, a base image or the command (EX_UNAVAILABLE of sysexits.h). */
const NOT_RUN = 69;
const START_MS = 60_000;
const STOP_MS = 30_000;

/** A Docker engine with its own files, socket and cgroup. It creates neither a bridge nor firewall rules. */
class Engine {
  readonly #folder: string;
  readonly #dockerd: ChildProcess;

  private constructor(folder: string) {
    this.#folder = folder;
    const log = openSync(join(folder, 'log'), 'a');
    const options = [
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')],
      ...['--host', this.address, '--cgroup-parent', `/${basename(folder)}`],
      ...['--bridge=none', '--iptables=false', '--ip6tables=false'],
    ];
    // --pdeathsig ends it when this process is killed. Detached: Ctrl-C must not end it before the command.
    const command = ['--pdeathsig', 'TERM', 'dockerd', ...options];
    this.#dockerd = spawn('setpriv', command, { detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#dockerd.on('error', () => {});
  }

  /** Resolves when it answers. Rejects with UserError and the end of its log if it does not. */
  static async start(): Promise<Engine> {
    const engine = new Engine(await mkdtemp(join(tmpdir(), 'async-api-docker-')));
    const answers = async () => {
      if (!engine.#runs) return false;
      return (await engine.docker('version').then(Boolean, () => false)) || undefined;
    };
    if (await poll(answers, { deadlineMs: START_MS })) return engine;
    const log = await readFile(join(engine.#folder, 'log'), 'utf8');
    await engine.stop();
    throw new UserError(
      'A Docker engine of our own did not start: it needs Linux, root and dockerd (Debian: apt-get install docker.io). ' +
        `The end of its log:\n${log.slice(-2000)}`,
    );
  }

  /** Its address, for DOCKER_HOST. */
  get address(): string {
    return `unix://${join(this.#folder, 'socket')}`;
  }

  /** Runs the Docker client against it and returns stdout. */
  docker(...args: string[]): Promise<string> {
    return run('docker', args, { env: { DOCKER_HOST: this.address } });
  }

  get #runs(): boolean {
    return this.#dockerd.pid !== undefined && this.#dockerd.exitCode === null && this.#dockerd.signalCode === null;
  }

  /** Ends it and its containers, and removes its files, mounts and cgroup. */
  async stop(): Promise<void> {
    if (this.#runs) {
      const containers = (await this.docker('ps', '--quiet').catch(() => '')).split('\n').filter(Boolean);
      if (containers.length > 0) await this.docker('kill', ...containers).catch(() => {});
      const ended = once(this.#dockerd, 'exit');
      this.#dockerd.kill('SIGTERM');
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    }
    await run('umount', [join(this.#folder, 'exec/netns/default')]).catch(() => {});
    await removeCgroup(basename(this.#folder));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Runs the command with the engine's address and base image, and returns its exit code. An abort of the signal ends the
 * command; rejects with the signal's reason if it was aborted before.
 */
async function runWith(engine: Engine, [command, ...args]: string[], signal: AbortSignal): Promise<number> {
  const env = {
    DOCKER_HOST: engine.address,
    NODE_IMAGE: LOCAL_BASE,
    // Inside a container, testcontainers would look up the bridge's address, but this engine has no bridge.
    TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
    // Its clean-up container cannot be pulled, and is not needed: the engine's containers end with it.
    TESTCONTAINERS_RYUK_DISABLED: 'true',
  };
  signal.throwIfAborted();
  const child = spawn(command!, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

const command = process.argv.slice(2);
if (command.length === 0 || command[0] === '--help') console.log(HELP);
else {
  const progress = new Progress();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort(new Error(`Stopped by ${signal}`)));
  }
  try {
    const engine = await progress.step('Start a Docker engine', () => Engine.start());
    try {
      await progress.step(`Make ${LOCAL_BASE}`, () => makeLocalBase((...args) => engine.docker(...args)));
      process.exitCode = await runWith(engine, command, stop.signal);
    } finally {
      await engine.stop();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode ??= NOT_RUN;
  }
}
