import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KINDS_OF_BOUNDS } from '../../api/catalog/bounds.ts';
import type { GroupRun } from '../../contract/group-run.ts';
import { newRunId } from '../../contract/ids.ts';
import { paths } from '../../contract/paths.ts';
import { accountKubeconfig, installManifests } from '../../dev/cluster/install.ts';
import { createClient, type KubeClient } from '../../kube/client.ts';
import { Service } from '../../scripts/service.ts';
import { eventually } from './eventually.ts';
import { mergePatch } from './merge-patch.ts';
import { boundsPatch } from './open-catalog.ts';

export const ADMIN = { kubeconfig: process.env.TEST_KUBECONFIG ?? '' };

const CONFIG_FILE = join(import.meta.dirname, 'config.yaml');

/** An API process beside the product's first. */
export interface Replica {
  url: string;
  metricsUrl: string;
  service: Service;
}

/** The product in a namespace of its own on the test cluster. */
export class Product {
  readonly namespace: string;
  readonly admin: KubeClient;
  readonly folder: string;
  /** Address of the API, such as http://127.0.0.1:40123. */
  url = '';
  api: Service | undefined;
  controller: Service | undefined;
  /** A folder of bundles (scripts/bundle.ts), to run these instead of the source. */
  bundles: string | undefined;
  #apiClient: Promise<KubeClient> | undefined;

  static async install(cluster = ADMIN): Promise<Product> {
    const namespace = `test-${randomBytes(4).toString('hex')}`;
    await installManifests(cluster, namespace);
    // Below the cluster's folder: its clean-up finds processes that a killed run left by this path.
    const folder = await mkdtemp(join(dirname(cluster.kubeconfig), `${namespace}-`));
    const product = new Product(namespace, await createClient(cluster), folder);
    await Promise.all(
      ['async-api', 'async-api-controller'].map((account) =>
        accountKubeconfig(cluster, namespace, account, join(folder, `${account}.kubeconfig`)),
      ),
    );
    // New roles take effect a moment after they are stored.
    for (const account of ['async-api', 'async-api-controller'] as const) {
      const client = await product.as(account);
      await eventually(`the rights of ${account}`, () =>
        client.request('GET', product.runsPath(), { query: { limit: 1 } }).catch((error) => {
          if (error.code !== 403) throw error;
        }),
      );
      await client.close();
    }
    return product;
  }

  constructor(namespace: string, admin: KubeClient, folder: string) {
    this.namespace = namespace;
    this.admin = admin;
    this.folder = folder;
  }

  /** A client with that service account's own token. */
  as(account: 'async-api' | 'async-api-controller'): Promise<KubeClient> {
    return createClient({ kubeconfig: join(this.folder, `${account}.kubeconfig`) });
  }

  /** Writes a configuration into the product's folder and returns the path of the file. */
  async writeConfig(config: object, name = 'config.yaml'): Promise<string> {
    return this.writeText(JSON.stringify(config), name);
  }

  async writeText(text: string, name = 'config.yaml'): Promise<string> {
    const file = join(this.folder, name);
    await writeFile(file, text);
    return file;
  }

  async startApi(configFile = CONFIG_FILE, env: Record<string, string> = {}): Promise<void> {
    ({ url: this.url, service: this.api } = await this.startReplica({ CONFIG_FILE: configFile, ...env }));
  }

  /** Starts one more API with these settings. The caller must stop it. */
  async startReplica(env: Record<string, string> = {}): Promise<Replica> {
    const service = this.#service('api', 'async-api', { PORT: '0', CONFIG_FILE, ...env });
    const { port, metricsPort } = await service.ready();
    return { url: `http://127.0.0.1:${port}`, metricsUrl: `http://127.0.0.1:${metricsPort}`, service };
  }

  /** Starts a controller with these settings. Its lease is short, so that the next one after a kill leads soon. */
  async startController(settings: Record<string, string> = {}): Promise<Service> {
    const all = { JOB_IMAGE: process.env.TEST_JOB_IMAGE ?? '', LEASE_SECONDS: '2', ...settings };
    this.controller = this.#service('controller', 'async-api-controller', all);
    await this.controller.ready();
    return this.controller;
  }

  #service(name: 'api' | 'controller', account: string, env: Record<string, string>): Service {
    const settings = { NAMESPACE: this.namespace, KUBECONFIG: join(this.folder, `${account}.kubeconfig`), ...env };
    const program = this.bundles && join(this.bundles, `${name}.mjs`);
    const onDeath = (why: string) => process.stderr.write(`${why}\n`);
    return new Service(name, settings, join(this.folder, `${name}.log`), onDeath, program);
  }

  /**
   * Lets jobs refer to these names, in the place of all others. Returns the file for the API's BOUNDS_FILE. The policy on Jobs follows
   * a moment later.
   */
  async setBounds(data: Record<string, string>): Promise<string> {
    const bounds = boundsPatch(Object.fromEntries(KINDS_OF_BOUNDS.map((kind) => [kind, data[kind] ?? ''])));
    const { annotations } = bounds.metadata;
    await mergePatch(this.admin, `/api/v1/namespaces/${this.namespace}`, { metadata: { annotations } });
    return this.writeConfig(bounds, 'bounds.yaml');
  }

  /** Stores a run as the API's account, the only one that may create a name that is a run id. */
  async createRun(spec: object, name = newRunId()): Promise<GroupRun> {
    this.#apiClient ??= this.as('async-api');
    const body = { apiVersion: 'async-api.dev/v1alpha1', kind: 'GroupRun', metadata: { name }, spec };
    return (await this.#apiClient).request<GroupRun>('POST', this.runsPath(), { body });
  }

  /** Every GroupRun of its namespace. */
  async storedRuns(): Promise<GroupRun[]> {
    return (await this.admin.request<{ items: GroupRun[] }>('GET', this.runsPath())).items;
  }

  runsPath(name = ''): string {
    return `${paths(this.namespace).runs}${name && `/${name}`}`;
  }

  jobsPath(name = ''): string {
    return `${paths(this.namespace).jobs}${name && `/${name}`}`;
  }

  podsPath(): string {
    return paths(this.namespace).pods;
  }

  eventsPath(): string {
    return paths(this.namespace).events;
  }

  leasesPath(): string {
    return paths(this.namespace).leases;
  }

  async uninstall(): Promise<void> {
    await this.api?.stop();
    await this.controller?.stop();
    await (await this.#apiClient)?.close();
    await this.admin.request('DELETE', `/api/v1/namespaces/${this.namespace}`);
    await this.admin.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
