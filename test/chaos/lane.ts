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
import {
  ACCOUNTS,
  clockFile,
  configFile,
  DEFAULT_SETTING,
  environment,
  kubeconfigFile,
  LEASE_SECONDS,
  logFile,
  SENDERS,
  type Sender,
  type Setting,
} from './environment.ts';
import { latest, runsOf } from './history.ts';
import { Observer } from './observer.ts';
import { residentMiB } from './resident-memory.ts';
import { config } from './scenarios.ts';

/**
 * The product in a namespace of its own: an API, a controller and, for some faults, a standby controller, each behind a
 * fault proxy. A lane runs one trial at a time; several lanes run in parallel.
 */
export class Lane {
  readonly namespace: string;
  readonly admin: KubeClient;
  readonly observer: Observer;
  readonly proxies: Record<Sender, FaultProxy>;
  /** Processes that ended without a signal from here, each with the end of its log. */
  readonly deaths: string[] = [];
  readonly leaseMs = LEASE_SECONDS * 1000;
  /** Where the API listens. */
  url = '';
  /** The largest resident set that `measure` found, in MiB. */
  rssMiB = 0;
  readonly #services = new Map<Sender, Service>();
  readonly #starting = new Set<Promise<void>>();
  readonly #folder: string;
  readonly #jobImage: string;
  #setting = DEFAULT_SETTING;
  #closed = false;

  /** Installs and starts the product; its files and logs go into a new folder below `folder`. */
  static async open(cluster: Pick<Cluster, 'kubeconfig' | 'jobImage'>, folder: string): Promise<Lane> {
    const namespace = `chaos-${randomBytes(3).toString('hex')}`;
    const own = join(folder, namespace);
    await mkdir(own, { recursive: true });
    await installManifests(cluster, namespace);
    const { server, ca } = endpoint(cluster.kubeconfig);
    const proxies = Object.fromEntries(
      await Promise.all(
        SENDERS.map(async (sender) => {
          const proxy = await FaultProxy.start(sender, server, ca);
          await throughProxy(cluster, namespace, ACCOUNTS[sender], proxy.url, kubeconfigFile(own, sender));
          return [sender, proxy];
        }),
      ),
    ) as Record<Sender, FaultProxy>;
    await writeFile(configFile(own), JSON.stringify(config()));
    const admin = await createClient({ kubeconfig: cluster.kubeconfig });
    const observer = await Observer.start(cluster.kubeconfig, namespace);
    const lane = new Lane({ namespace, admin, observer, proxies, folder: own, jobImage: cluster.jobImage });
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
  }) {
    this.namespace = parts.namespace;
    this.admin = parts.admin;
    this.observer = parts.observer;
    this.proxies = parts.proxies;
    this.#folder = parts.folder;
    this.#jobImage = parts.jobImage;
  }

  /** Restarts the processes where the setting changed, and starts or stops the standby controller. */
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
    for (const sender of SENDERS) await writeFile(clockFile(this.#folder, sender), '0');
  }

  /** Resolves when the process is ready. */
  async start(sender: Sender): Promise<void> {
    if (this.#closed) return;
    const service = new Service(
      sender === 'api' ? 'api' : 'controller',
      environment(sender, this.#setting, {
        namespace: this.namespace,
        folder: this.#folder,
        jobImage: this.#jobImage,
      }),
      logFile(this.#folder, sender),
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

  /** Ends the process and starts it again. Resolves when the old process has ended; `settled` waits for the new one. */
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

  /** Resolves when the process' clock has moved. */
  async moveClock(sender: Sender, seconds: number): Promise<void> {
    await writeFile(clockFile(this.#folder, sender), String(seconds * 1000));
    // clock.ts reads the file every 20 ms.
    await sleep(100);
  }

  /** Whether a process is being started again. */
  get busy(): boolean {
    return this.#starting.size > 0;
  }

  /** Resolves when no process is being started again. */
  async settled(): Promise<void> {
    while (this.#starting.size > 0) await Promise.all(this.#starting);
  }

  /** Updates `rssMiB`. */
  async measure(): Promise<void> {
    for (const { pid } of this.#services.values()) {
      this.rssMiB = Math.max(this.rssMiB, Math.round(await residentMiB(pid)));
    }
  }

  /** Lines of the logs about unhandled rejections and uncaught exceptions. */
  async unhandled(): Promise<string[]> {
    const logs = SENDERS.map((sender) => readFile(logFile(this.#folder, sender), 'utf8').catch(() => ''));
    const texts = await Promise.all(logs);
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

  /** Waits until the runs of earlier trials, whose retention has passed, are deleted. */
  async #empty(): Promise<void> {
    const runs = () => latest(runsOf(this.observer.versions));
    await eventually(
      'the deletion of runs that are over',
      () => runs().every(({ type }) => type === 'DELETED') || undefined,
    );
  }
}
