import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type KubeClient } from '../../kube/client.ts';
import type { GroupRun, GroupRunStatus } from '../../kube/group-run.ts';
import { paths } from '../../kube/paths.ts';
import type { Version } from './invariants.ts';

interface Observed {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    ownerReferences?: { uid: string }[];
  };
  spec?: { ttlSecondsAfterFinished?: number };
  status?: unknown;
}
type Read = (object: Observed, type: string) => Pick<Version, 'kind'>;

/**
 * Sees every version of every GroupRun and Job of a namespace, as an administrator and past the fault proxies, from the
 * namespace's beginning on.
 */
export class Observer {
  readonly versions: Version[] = [];
  /** Called after each version. */
  onVersion: (version: Version) => void = () => {};
  readonly #client: KubeClient;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>[];

  static async start(kubeconfig: string, namespace: string): Promise<Observer> {
    const client = await createClient({ kubeconfig });
    const { runs, jobs } = paths(namespace);
    const lists = await Promise.all(
      [runs, jobs].map((path) => client.request<{ metadata: { resourceVersion: string } }>('GET', path)),
    );
    return new Observer(
      client,
      [runs, jobs].map((path, index) => ({ path, from: lists[index]!.metadata.resourceVersion })),
    );
  }

  private constructor(client: KubeClient, collections: { path: string; from: string }[]) {
    this.#client = client;
    const [runs, jobs] = collections;
    this.#watching = [this.#follow(runs!, readRun), this.#follow(jobs!, readJob)];
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watching);
    await this.#client.close();
  }

  /** Rejects where the history has a gap: then nothing can be said of the invariants. */
  async #follow({ path, from }: { path: string; from: string }, read: Read): Promise<void> {
    const { signal } = this.#stop;
    for (let version = from; !signal.aborted; ) {
      try {
        const query = { resourceVersion: version, allowWatchBookmarks: true };
        for await (const event of this.#client.watch(path, query, signal)) {
          const object = event.object as Observed;
          version = object.metadata.resourceVersion;
          if (event.type === 'BOOKMARK') continue;
          const { name, uid } = object.metadata;
          const seen = {
            ...read(object, event.type),
            type: event.type,
            name,
            uid,
            version: Number(version),
            at: Date.now(),
          };
          this.versions.push(seen as Version);
          this.onVersion(seen as Version);
        }
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { code?: number }).code === 410) throw new Error(`The observer of ${path} missed versions`);
        await sleep(100);
      }
    }
  }
}

const readRun: Read = ({ status }) => {
  const { state, jobs = [] } = (status ?? {}) as Partial<GroupRunStatus>;
  return {
    kind: 'GroupRun',
    state,
    jobs: jobs.map(({ id, name, state: jobState, jobUID, reason }) => ({ id, name, state: jobState, jobUID, reason })),
  };
};

const readJob: Read = ({ metadata, spec, status }, type) => {
  const { conditions = [] } = (status ?? {}) as NonNullable<GroupRun['status']>;
  return {
    kind: 'Job',
    owner: metadata.ownerReferences?.[0]?.uid,
    leaving: type === 'DELETED' || metadata.deletionTimestamp !== undefined,
    ttl: spec?.ttlSecondsAfterFinished,
    finished: conditions.some((one) => ['Complete', 'Failed'].includes(one.type) && one.status === 'True'),
  };
};
