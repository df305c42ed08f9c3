import {
  API_GROUP,
  API_VERSION,
  type GroupRun,
  type GroupRunSpec,
  isTerminal,
  KIND,
} from '../../contract/group-run.ts';
import { runIdOf } from '../../contract/ids.ts';
import { GROUP_LABEL, MANAGED_BY, MANAGER } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../../kube/client.ts';
import { Reflector } from '../../kube/reflector.ts';
import type { Log } from '../../process/log.ts';
import { ServiceUnavailable } from '../http/http-error.ts';
import { justFinished } from '../views/run-view.ts';
import { ActiveRuns } from './active-runs.ts';
import { callKube, clusterDenial } from './kube-call.ts';
import { Reachability } from './reachability.ts';
import type { RunStore } from './run-store.ts';
import { WatchCheck } from './watch-check.ts';

const RETRY_AFTER_SECONDS = 2;
/** A watch has a bookmark a minute at least: one that is quiet for so long, while others are answered, is cut or refused. */
const MAX_IDLE_SECONDS = 100;

/** Runs as GroupRuns of a namespace, cached by a watch. */
export class KubernetesRuns implements RunStore {
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #nameByRunId = new Map<string, string>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #reflector: Reflector<GroupRun>;
  readonly #reachability: Reachability;
  readonly active = new ActiveRuns();

  constructor(client: KubeClient, namespace: string, log: Log, finished: (lagSeconds: number) => void) {
    this.#client = client;
    this.#path = paths(namespace).runs;
    this.#reflector = new Reflector<GroupRun>({
      client,
      log,
      path: this.#path,
      transform: withoutManagers,
      onChange: (previous, current) => {
        const { metadata } = (current ?? previous)!;
        const runId = runIdOf(metadata);
        this.active.observe(runId, current && !isOver(current) ? current.spec.group : undefined);
        if (current) this.#nameByRunId.set(runId, metadata.name);
        else this.#nameByRunId.delete(runId);
        for (const { finishedAt } of justFinished(previous, current)) {
          if (finishedAt) finished(Math.max(0, (Date.now() - Date.parse(finishedAt)) / 1000));
        }
        for (const listener of this.#listeners.get(runId) ?? []) listener();
      },
    });
    const check = new WatchCheck<GroupRun>({
      get: (name) => this.#reflector.get(name),
      reopen: () => {
        const reopened = this.#reflector.reopen();
        if (reopened) log('the watch missed a change, opening it again', { path: this.#path }, 'warn');
      },
    });
    this.#reachability = new Reachability({
      client,
      namespace,
      next: () => this.#nameByRunId.get(this.active.next() ?? ''),
      read: (run) => check.compare(run),
    });
  }

  /** For how many seconds the API server has not answered; 0 where it does. */
  get apiServerDownSeconds(): number {
    return this.#reachability.apiServerDownSeconds;
  }

  get cacheAgeSeconds(): number {
    const watchIdleSeconds = this.#reflector.watchIdleSeconds;
    return this.hasSynced && watchIdleSeconds > MAX_IDLE_SECONDS
      ? Math.round(watchIdleSeconds)
      : this.apiServerDownSeconds;
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced;
  }

  /** Keeps the cache until the signal aborts; never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#reflector.run(signal), this.#reachability.follow(signal)]);
  }

  async create(runId: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<GroupRun | undefined> {
    const labels = { [MANAGED_BY]: MANAGER, [GROUP_LABEL]: spec.group };
    const metadata = { name: runId, labels, annotations };
    const body = { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: KIND, metadata, spec };
    const forget = this.active.expect(runId, spec.group);
    try {
      // Strict: a field the CRD does not know must not vanish in silence.
      await this.#call('POST', this.#path, { body, query: { fieldValidation: 'Strict' } });
      return undefined;
    } catch (error) {
      forget();
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw clusterDenial(error) ?? error;
      const earlier = await orMissing(this.#call('GET', `${this.#path}/${runId}`));
      // Deleted between the two calls: the next try will make it.
      if (!earlier) throw new ServiceUnavailable(1, error);
      return earlier;
    }
  }

  async find(runId: string): Promise<GroupRun | undefined> {
    const name = this.#nameByRunId.get(runId);
    const cached = name && this.#reflector.get(name);
    return cached || orMissing(this.#call('GET', `${this.#path}/${runId}`));
  }

  list(): GroupRun[] {
    if (!this.hasSynced) throw new ServiceUnavailable(1, 'the first list of runs is not complete');
    return this.#reflector.list();
  }

  subscribe(runId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(runId) ?? new Set();
    this.#listeners.set(runId, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#listeners.delete(runId);
    };
  }

  async cancel(name: string, job?: string): Promise<GroupRun | undefined> {
    const body = { spec: job === undefined ? { cancel: true } : { cancelJobs: { [job]: true } } };
    const contentType = 'application/merge-patch+json';
    return orMissing(this.#call('PATCH', `${this.#path}/${name}`, { body, contentType }));
  }

  async #call(method: string, path: string, options?: RequestOptions): Promise<GroupRun> {
    const { apiServerDownSeconds } = this;
    // What waits for an API server that is gone would only pile up, and be done when nobody expects it any more.
    if (apiServerDownSeconds > 0)
      throw new ServiceUnavailable(RETRY_AFTER_SECONDS, `silent for ${apiServerDownSeconds} s`);
    return callKube(this.#client, method, path, options);
  }
}

/** Who wrote which field is half of a small run, and nobody asks for it here. */
function withoutManagers(run: GroupRun): GroupRun {
  const { managedFields, ...metadata } = run.metadata as GroupRun['metadata'] & { managedFields?: unknown };
  return { ...run, metadata };
}

const isOver = ({ status }: GroupRun): boolean => status !== undefined && isTerminal(status.state);

const orMissing = (call: Promise<GroupRun>): Promise<GroupRun | undefined> =>
  call.catch((error) => {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  });
