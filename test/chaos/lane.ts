import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../../dev/cluster/embedded.ts';
import { installManifests } from '../../dev/cluster/install.ts';
import { createClient, type KubeClient } from '../../kube/client.ts';
import { Service } from '../../scripts/service.ts';
import { endpoint, throughProxy } from '../fault-proxy/kubeconfig.ts';
import { FaultProxy } from '../fault-proxy/proxy.ts';
import { eventually } from '../support/eventually.ts';
import { latest, runsOf } from './history.ts';
import { Observer } from './observer.ts';
import { residentMiB } from './resident-memory.ts';
import { config } from './scenarios.ts';

export type Sender = 'api' | 'controller' | 'standby';
const ACCOUNTS: Record<Sender, string> = {
  api: 'async-api',
  controller: 'async-api-controller',
  standby: 'async-api-controller',
};
const LEASE_SECONDS = 2;
const CLOCK = join(import.meta.dirname, 'clock.ts');

/** What may differ from life to life in how our processes are started. */
export interface Setting {
  clock: boolean;
  silence: boolean;
  retention: boolean;
}
const ORDINARY: Setting = { clock: false, silence: false, retention: false };

/**
 * The product in a namespace of its own: an api and a controller, and at times a second controller, each behind a fault
 * proxy. Lives go through it one after the other; several lanes can run side by side.
 */
export class Lane {
  readonly namespace: string;
  readonly admin: KubeClient;
  readonly observer: Observer;
  readonly proxies: Record<Sender, FaultProxy>;
  /** Processes that ended though nobody killed them, with the ends of their logs. */
  readonly deaths: string[] = [];
  readonly leaseMs = LEASE_SECONDS * 1000;
  /** Where the API listens. */
  url = '';
  /** The largest resident set seen of any of its processes, in MiB. */
  rssMiB = 0;
  readonly #services = new Map<Sender, Service>();
  readonly #starting = new Set<Promise<void>>();
  readonly #folder: string;
  readonly #jobImage: string;
  readonly #env: Record<string, string>;
  #setting = ORDINARY;
  #closed = false;

  /** Its files and logs go into a folder of its own below `folder`; `env` is added to the settings of all processes. */
  static async open(
    cluster: Pick<Cluster, 'kubeconfig' | 'jobImage'>,
    folder: string,
    env: Record<string, string> = {},
  ): Promise<Lane> {
    const namespace = `chaos-${randomBytes(3).toString('hex')}`;
    const own = join(folder, namespace);
    await mkdir(own, { recursive: true });
    await installManifests(cluster, namespace);
    const { server, ca } = endpoint(cluster.kubeconfig);
    const proxies = Object.fromEntries(
      await Promise.all(
        (Object.keys(ACCOUNTS) as Sender[]).map(async (sender) => {
          const proxy = await FaultProxy.start(sender, server, ca);
          await throughProxy(cluster, namespace, ACCOUNTS[sender], proxy.url, join(own, `${sender}.kubeconfig`));
          return [sender, proxy];
        }),
      ),
    ) as Record<Sender, FaultProxy>;
    await writeFile(join(own, 'config.yaml'), JSON.stringify(config()));
    const admin = await createClient({ kubeconfig: cluster.kubeconfig });
    const observer = await Observer.start(cluster.kubeconfig, namespace);
    const lane = new Lane({ namespace, admin, observer, proxies, folder: own, jobImage: cluster.jobImage, env });
    try {
      await Promise.all([lane.start('api'), lane.start('controller')]);
      return lane;
    } catch (error) {
      await lane.close();
      throw error;
    }
  }

  private constructor(parts: {
    namespace: string;
    admin: KubeClient;
    observer: Observer;
    proxies: Record<Sender, FaultProxy>;
    folder: string;
    jobImage: string;
    env: Record<string, string>;
  }) {
    this.namespace = parts.namespace;
    this.admin = parts.admin;
    this.observer = parts.observer;
    this.proxies = parts.proxies;
    this.#folder = parts.folder;
    this.#jobImage = parts.jobImage;
    this.#env = parts.env;
  }

  /** Has the processes started so that a life finds this setting, with or without a second controller. */
  async prepare(setting: Setting, standby: boolean): Promise<void> {
    await this.settled();
    if (!isDeepStrictEqual(setting, this.#setting)) {
      this.#setting = setting;
      await Promise.all([...this.#services.keys()].map((sender) => this.stop(sender)));
      await Promise.all([this.start('api'), this.start('controller')]);
      if (setting.retention) await this.#empty();
    }
    if (standby && !this.#services.has('standby')) await this.start('standby');
    if (!standby) await this.stop('standby');
    for (const sender of Object.keys(ACCOUNTS)) await writeFile(this.#clockFile(sender as Sender), '0');
  }

  /** Resolves when it is ready for work. */
  async start(sender: Sender): Promise<void> {
    if (this.#closed) return;
    const service = new Service(
      sender === 'api' ? 'api' : 'controller',
      this.#environment(sender),
      join(this.#folder, `${sender}.log`),
      (why) => this.deaths.push(why),
    );
    this.#services.set(sender, service);
    const { port } = await service.ready(90_000);
    if (sender === 'api') this.url = `http://127.0.0.1:${port}`;
  }

  async stop(sender: Sender): Promise<void> {
    await this.#services.get(sender)?.stop();
    this.#services.delete(sender);
  }

  /** Ends it, then starts it again at once, for which `settled` waits. Resolves when the old process is dead. */
  async end(sender: Sender, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const service = this.#services.get(sender);
    if (!service) return;
    this.#services.delete(sender);
    await (signal === 'SIGKILL' ? service.kill() : service.stop());
    const starting = this.start(sender).catch((error: Error) => void this.deaths.push(error.message));
    this.#starting.add(starting);
    void starting.then(() => this.#starting.delete(starting));
  }

  signal(sender: Sender, signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#services.get(sender)?.pid;
    if (pid !== undefined) process.kill(pid, signal);
  }

  /** Resolves when the process' clock is off by so much. */
  async moveClock(sender: Sender, seconds: number): Promise<void> {
    await writeFile(this.#clockFile(sender), String(seconds * 1000));
    await sleep(100);
  }

  /** Whether a process that was killed is not back yet. */
  get busy(): boolean {
    return this.#starting.size > 0;
  }

  /** Every process that was killed is back. */
  async settled(): Promise<void> {
    while (this.#starting.size > 0) await Promise.all(this.#starting);
  }

  /** Takes note of how large its processes are now. */
  async measure(): Promise<void> {
    for (const { pid } of this.#services.values()) {
      this.rssMiB = Math.max(this.rssMiB, Math.round(await residentMiB(pid)));
    }
  }

  /** Lines of the logs that tell of a rejection nobody handled. */
  async unhandled(): Promise<string[]> {
    const logs = (Object.keys(ACCOUNTS) as Sender[]).map((sender) => join(this.#folder, `${sender}.log`));
    const texts = await Promise.all(logs.map((log) => readFile(log, 'utf8').catch(() => '')));
    return texts.flatMap((text) => text.split('\n').filter((line) => /unhandled|uncaught/i.test(line)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#services.values()].map((service) => service.kill()));
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.close()));
    await this.observer.close();
    await this.admin.request('DELETE', `/api/v1/namespaces/${this.namespace}`).catch(() => {});
    await this.admin.close();
  }

  /** Earlier lives are over for longer than they are kept: waits until they are gone. */
  async #empty(): Promise<void> {
    const runs = () => latest(runsOf(this.observer.versions));
    await eventually(
      'the deletion of runs that are over',
      () => runs().every(({ type }) => type === 'DELETED') || undefined,
    );
  }

  #clockFile(sender: Sender): string {
    return join(this.#folder, `${sender}.clock`);
  }

  #environment(sender: Sender): Record<string, string> {
    return {
      NAMESPACE: this.namespace,
      KUBECONFIG: join(this.#folder, `${sender}.kubeconfig`),
      ...(sender === 'api'
        ? { PORT: '0', CONFIG_FILE: join(this.#folder, 'config.yaml') }
        : {
            JOB_IMAGE: this.#jobImage,
            LEASE_SECONDS: String(LEASE_SECONDS),
            JOB_TTL_SECONDS: '2',
            METRICS_PORT: '0',
            RETENTION_INTERVAL_SECONDS: '1',
          }),
      ...(this.#setting.silence ? { WATCH_SILENCE_SECONDS: '3' } : {}),
      ...(this.#setting.retention ? { RUN_RETENTION_SECONDS: '2' } : {}),
      ...(this.#setting.clock ? { NODE_OPTIONS: `--import ${CLOCK}`, CLOCK_FILE: this.#clockFile(sender) } : {}),
      ...this.#env,
    };
  }
}
