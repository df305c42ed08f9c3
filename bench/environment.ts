import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Component } from '../dev/cluster/component.ts';
import { type Cluster, startEmbedded } from '../dev/cluster/embedded.ts';
import { poll } from '../dev/cluster/poll.ts';
import type { Progress } from '../dev/cluster/progress.ts';
import { Product } from '../test/support/harness.ts';
import { clear } from './clear.ts';
import type { Measured } from './cpu.ts';
import { buildPrograms, IMAGE_ENV } from './image.ts';
import { buildKwok, startKwok } from './kwok.ts';
import { RawClient } from './raw.ts';
import { Rounds } from './rounds.ts';

const FOLDER = join(import.meta.dirname, '../.cluster/bench');
const PROGRAMS = join(FOLDER, 'programs');
/** Time for the API server, the controllers and garbage collectors to calm down. */
const SETTLE_MS = 1500;

/** The control plane, whose CPU counts. The kubelet and containerd have no pods here. */
const CONTROL_PLANE = ['kube-apiserver', 'etcd', 'kube-controller-manager', 'kube-scheduler'];

/** What all benchmarks share: a cluster whose pods are simulated, the raw client, and the options of the command. */
export class Environment {
  readonly cluster: Cluster;
  readonly raw: RawClient;
  readonly progress: Progress;
  readonly rounds: Rounds;
  /** A CRD to compare the present one with by its file, such as that of an earlier version. */
  readonly earlierCrd: string | undefined;
  readonly #kwok: Component;
  readonly #products = new Set<Product>();

  static async start(options: Options, progress: Progress, onDeath: (why: string) => void): Promise<Environment> {
    const program = await buildKwok(progress);
    const cluster = await startEmbedded(FOLDER, progress, onDeath);
    try {
      await buildPrograms(PROGRAMS);
      const { kubeconfig } = cluster;
      const raw = await RawClient.connect(kubeconfig);
      const kwok = await progress.step('Start KWOK', () =>
        startKwok(program, raw, { logs: join(FOLDER, 'logs'), kubeconfig, onDeath }),
      );
      return new Environment(cluster, raw, kwok, progress, options);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  constructor(cluster: Cluster, raw: RawClient, kwok: Component, progress: Progress, options: Options) {
    this.cluster = cluster;
    this.raw = raw;
    this.progress = progress;
    this.rounds = new Rounds(options.rounds, progress);
    this.earlierCrd = options.crd;
    this.#kwok = kwok;
  }

  /** Installs the product as the images run it, in a namespace of its own for the time of `work`, without starting it. */
  async withProduct<T>(work: (product: Product) => Promise<T>): Promise<T> {
    const product = await Product.install(this.cluster);
    product.bundles = PROGRAMS;
    this.#products.add(product);
    try {
      return await work(product);
    } finally {
      this.#products.delete(product);
      await stop(product);
      await product.uninstall();
      await this.#deleteNamespace(product.namespace);
      await this.#deleteNamespace(limitOf(product));
    }
  }

  /** Resolves when the namespace is gone, so that the next benchmark does not measure its deletion. */
  async #deleteNamespace(name: string): Promise<void> {
    const path = `/api/v1/namespaces/${name}`;
    const isGone = () =>
      this.raw.text('DELETE', path).then(
        () => undefined,
        (error: Error) => error.message.includes(' got 404') || undefined,
      );
    if (!(await poll(isGone, { deadlineMs: 300_000, intervalMs: 500 })))
      throw new Error(`${path} is not gone after 300 s`);
  }

  /** A namespace without the product, but with the same labels, such as those of Pod Security. */
  async limitNamespace(product: Product): Promise<string> {
    const { metadata } = await this.raw.request<{ metadata: { labels: Record<string, string> } }>(
      'GET',
      `/api/v1/namespaces/${product.namespace}`,
    );
    const { 'kubernetes.io/metadata.name': _, ...labels } = metadata.labels;
    const name = limitOf(product);
    await this.raw.request('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    return name;
  }

  /** Settings of the controller: those of production rather than of tests. */
  get controllerSettings(): Record<string, string> {
    return { ...IMAGE_ENV, JOB_IMAGE: this.cluster.jobImage, LEASE_SECONDS: '15' };
  }

  /** The processes of the control plane of these names; by default all, with KWOK. */
  processes(names = [...CONTROL_PLANE, 'kwok']): Measured[] {
    return [...(this.cluster.components ?? []), this.#kwok].flatMap(({ name, pid }) =>
      names.includes(name) && pid !== undefined ? { name, pid } : [],
    );
  }

  /** Deletes what a round has left in these namespaces, and waits a moment, so that all rounds begin alike. */
  async clear(...namespaces: string[]): Promise<void> {
    for (const namespace of namespaces) await clear(this.raw, namespace);
    await sleep(SETTLE_MS);
  }

  /** Ends everything, also in the middle of a benchmark. */
  async stop(): Promise<void> {
    for (const product of this.#products) {
      await stop(product);
      await rm(product.folder, { recursive: true, force: true });
    }
    await this.#kwok.stop();
    await this.raw.close();
    await this.cluster.stop();
  }
}

const limitOf = ({ namespace }: Product): string => `${namespace}-limit`;

/** Stops both services. Their logs go to those of the cluster, which stay until its next start. */
async function stop({ api, controller, namespace, folder }: Product): Promise<void> {
  await Promise.all([api?.stop(), controller?.stop()]);
  for (const name of ['api', 'controller']) {
    await copyFile(join(folder, `${name}.log`), join(FOLDER, 'logs', `${namespace}-${name}.log`)).catch(() => {});
  }
}

export interface Options {
  rounds: number;
  /** The file of a CRD to compare the present one with. */
  crd?: string | undefined;
}
