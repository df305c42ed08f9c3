import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupRunStatus } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import { paths } from '../../contract/paths.ts';
import { createClient, type KubeClient } from '../../kube/client.ts';
import type { Version } from './history.ts';

interface Observed {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    ownerReferences?: { uid: string }[];
  };
  status?: unknown;
}
interface List {
  metadata: { resourceVersion: string };
  items: Observed[];
}
type Read = (object: Observed, type: string) => Pick<Version, 'kind'>;

/**
 * Records every version of every GroupRun and Job of a namespace: as an administrator, without a fault proxy, and from the
 * creation of the namespace on.
 */
export class Observer {
  readonly versions: Version[] = [];
  readonly #client: KubeClient;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>[];

  static async start(kubeconfig: string, namespace: string): Promise<Observer> {
    const client = await createClient({ kubeconfig });
    const { runs, jobs } = paths(namespace);
    const lists = await Promise.all([runs, jobs].map((path) => client.request<List>('GET', path)));
    return new Observer(client, runs, jobs, lists);
  }

  private constructor(client: KubeClient, runs: string, jobs: string, lists: List[]) {
    this.#client = client;
    this.#watching = [
      this.#follow(runs, lists[0]!.metadata.resourceVersion, readRun),
      this.#follow(jobs, lists[1]!.metadata.resourceVersion, readJob),
    ];
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watching);
    await this.#client.close();
  }

  /**
   * A restarted API server no longer has earlier events (410): a list then shows what changed meanwhile. Only an object that
   * was created and deleted during the outage is missed.
   */
  async #follow(path: string, from: string, read: Read): Promise<void> {
    const { signal } = this.#stop;
    const stored = new Map<string, Observed>();
    let version: string | undefined = from;
    const see = (type: string, object: Observed, at: string) => {
      const { name, uid } = object.metadata;
      if (type === 'DELETED') stored.delete(uid);
      else stored.set(uid, object);
      const seen = { ...read(object, type), type, name, uid, version: Number(at), at: Date.now() } as Version;
      this.versions.push(seen);
    };
    while (!signal.aborted) {
      try {
        if (version === undefined) {
          const list: List = await this.#client.request('GET', path, { signal });
          version = list.metadata.resourceVersion;
          const present = new Map(list.items.map((item) => [item.metadata.uid, item]));
          for (const [uid, object] of stored) if (!present.has(uid)) see('DELETED', object, version);
          for (const [uid, object] of present) {
            const { resourceVersion } = object.metadata;
            const known = stored.get(uid)?.metadata.resourceVersion;
            if (known !== resourceVersion) see(known ? 'MODIFIED' : 'ADDED', object, resourceVersion);
          }
        }
        const query = { resourceVersion: version, allowWatchBookmarks: true };
        for await (const event of await this.#client.watch(path, query, signal)) {
          const object = event.object as Observed;
          version = object.metadata.resourceVersion;
          if (event.type !== 'BOOKMARK') see(event.type, object, version);
        }
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { code?: number }).code === 410) version = undefined;
        await sleep(100);
      }
    }
  }
}

const readRun: Read = ({ metadata, status }) => {
  const { state, jobs = [] } = (status ?? {}) as Partial<GroupRunStatus>;
  return {
    kind: 'GroupRun',
    state,
    jobs: jobs.map(({ name, state: jobState, jobUID, reason, result }, index) => ({
      id: jobId(runIdOf(metadata), index + 1),
      name,
      state: jobState,
      jobUID,
      reason,
      result,
    })),
  };
};

const readJob: Read = ({ metadata }, type) => ({
  kind: 'Job',
  owner: metadata.ownerReferences?.[0]?.uid,
  leaving: type === 'DELETED' || metadata.deletionTimestamp !== undefined,
});
