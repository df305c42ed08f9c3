import { ApiError } from '../../client/http.ts';
import type { GroupRun } from '../../contract/group-run.ts';
import { runIdOf } from '../../contract/ids.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError as KubeError } from '../../kube/api-error.ts';
import type { KubeClient, WatchEvent } from '../../kube/client.ts';
import { toServiceError } from './errors.ts';

const PAGE = 500;

interface RunPage {
  metadata: { continue?: string; resourceVersion: string };
  items: GroupRun[];
}

/** The GroupRuns of a namespace, with the caller's rights. Every call throws a client's ApiError. */
export class StoredRuns {
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #namespace: string;

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#path = paths(namespace).runs;
  }

  /** One that was made with kubectl has a name that is not its id, and is searched for. */
  async get(id: string): Promise<GroupRun> {
    try {
      return await this.#client.request<GroupRun>('GET', `${this.#path}/${id}`);
    } catch (error) {
      if (!(error instanceof KubeError && error.code === 404)) throw toServiceError(error, this.#right('get'));
    }
    const found = (await this.list()).items.find(({ metadata }) => runIdOf(metadata) === id);
    if (found) return found;
    throw new ApiError(404, { detail: `There is no run ${id} in namespace ${this.#namespace}.` });
  }

  async list(): Promise<RunPage> {
    const all: GroupRun[] = [];
    let next: string | undefined;
    for (;;) {
      const query = { limit: PAGE, continue: next };
      const page = await this.#call('list', () => this.#client.request<RunPage>('GET', this.#path, { query }));
      all.push(...page.items);
      next = page.metadata.continue;
      if (!next) return { ...page, items: all };
    }
  }

  patch(name: string, spec: object): Promise<GroupRun> {
    const options = { body: { spec }, contentType: 'application/merge-patch+json', idempotent: true };
    return this.#call('patch', () => this.#client.request<GroupRun>('PATCH', `${this.#path}/${name}`, options));
  }

  /** Changes after that version; of one run if `name` is given. */
  watch(resourceVersion: string, signal: AbortSignal, name?: string): Promise<AsyncIterable<WatchEvent>> {
    const query = {
      resourceVersion,
      allowWatchBookmarks: true,
      ...(name && { fieldSelector: `metadata.name=${name}` }),
    };
    return this.#call('watch', () => this.#client.watch(this.#path, query, signal));
  }

  async #call<T>(verb: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw toServiceError(error, this.#right(verb));
    }
  }

  #right = (verb: string): string => `${verb} groupruns.async-api.dev in namespace ${this.#namespace}`;
}
