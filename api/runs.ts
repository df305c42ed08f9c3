import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { API_GROUP, API_VERSION, type GroupRun, type GroupRunSpec, KIND, PLURAL } from '../kube/group-run.ts';
import { runBase } from '../kube/ids.ts';
import { GROUP_LABEL, MANAGED_BY, MANAGER } from '../kube/labels.ts';
import type { Log } from '../kube/log.ts';
import { Reflector } from '../kube/reflector.ts';

/** The stored runs, by base. */
export interface RunStore {
  /** Stores a run in one write; when it resolves, the run is accepted. */
  create(base: string, spec: GroupRunSpec): Promise<void>;
  /** From the cache, else from the API server: any replica knows a run that another accepted a moment ago. */
  find(base: string): Promise<GroupRun | undefined>;
}

/** Runs as GroupRuns of a namespace, cached by a watch. */
export class KubernetesRuns implements RunStore {
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #namesByBase = new Map<string, string>();
  readonly #reflector: Reflector<GroupRun>;

  constructor(client: KubeClient, namespace: string, log: Log) {
    this.#client = client;
    this.#path = `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/${PLURAL}`;
    this.#reflector = new Reflector<GroupRun>({
      client,
      log,
      path: this.#path,
      onChange: (previous, current) => {
        if (current) this.#namesByBase.set(runBase(current.metadata), current.metadata.name);
        else if (previous) this.#namesByBase.delete(runBase(previous.metadata));
      },
    });
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced;
  }

  /** Keeps the cache until the signal aborts; never rejects. */
  follow(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal);
  }

  async create(base: string, spec: GroupRunSpec): Promise<void> {
    const labels = { [MANAGED_BY]: MANAGER, [GROUP_LABEL]: spec.group };
    const body = { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: KIND, metadata: { name: base, labels }, spec };
    // Strict: a field the CRD does not know must not vanish in silence.
    await this.#client.request('POST', this.#path, { body, query: { fieldValidation: 'Strict' } });
  }

  async find(base: string): Promise<GroupRun | undefined> {
    const name = this.#namesByBase.get(base);
    const cached = name && this.#reflector.get(name);
    if (cached) return cached;
    try {
      return await this.#client.request<GroupRun>('GET', `${this.#path}/${base}`);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }
}
