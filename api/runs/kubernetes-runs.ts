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
import type { RunRecord } from '../../contract/run-record.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../../kube/client.ts';
import { Reflector } from '../../kube/reflector.ts';
import type { Log } from '../../process/log.ts';
import { ServiceUnavailable } from '../http/http-error.ts';
import type { PageCursor } from '../views/page-cursor.ts';
import { justFinished, stateOf } from '../views/run-view.ts';
import { ActiveRuns } from './active-runs.ts';
import { ChangeLog } from './change-log.ts';
import { RunTransform } from './finished-run.ts';
import { callKube, clusterDenial } from './kube-call.ts';
import { Reachability } from './reachability.ts';
import type { RunStore } from './run-store.ts';
import { SortedRuns } from './sorted-runs.ts';
import { UncachedRuns } from './uncached-runs.ts';
import { WatchCheck } from './watch-check.ts';

const RETRY_AFTER_SECONDS = 2;
/** A watch gets a bookmark at least every minute. One idle for longer is broken, even if other requests succeed. */
const MAX_IDLE_SECONDS = 100;
/** Reject a field that the CRD does not know, rather than drop it silently. */
const STRICT = { fieldValidation: 'Strict' };
/** A run may take 1.5 MB, and a page is in memory as text and as objects. */
const PAGE_SIZE = 20;

/** Each has connections of its own. */
export interface RunClients {
  /** Lists, watches and reads runs. */
  reads: KubeClient;
  /** Creates and cancels runs. */
  writes: Pick<KubeClient, 'request'>;
  /** Asks whether the API server responds. */
  probe: Pick<KubeClient, 'request'>;
}

/** The GroupRuns of a namespace, with a cache kept by a watch. */
export class KubernetesRuns implements RunStore {
  readonly #clients: RunClients;
  readonly #path: string;
  readonly #nameByRunId = new Map<string, string>();
  readonly #sorted = new SortedRuns<RunRecord>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #reflector: Reflector<RunRecord, GroupRun>;
  readonly #reachability: Reachability;
  readonly #uncached = new UncachedRuns((runId) =>
    undefinedIfNotFound(this.#call('reads', 'GET', `${this.#path}/${runId}`)),
  );
  readonly active = new ActiveRuns();
  readonly changes = new ChangeLog();

  constructor(clients: RunClients, namespace: string, log: Log, onFinished: (lagSeconds: number) => void) {
    this.#clients = clients;
    this.#path = paths(namespace).runs;
    const transform = new RunTransform();
    this.#reflector = new Reflector<RunRecord, GroupRun>({
      client: clients.reads,
      log,
      path: this.#path,
      pageSize: PAGE_SIZE,
      transform: (run) => transform.transform(run),
      onList: (resourceVersion) => this.changes.begin(resourceVersion),
      onChange: (previous, current) => {
        const { metadata } = (current ?? previous)!;
        const runId = runIdOf(metadata);
        this.active.observe(runId, current && !isTerminal(stateOf(current)) ? current.spec.group : undefined);
        if (current) this.#nameByRunId.set(runId, metadata.name);
        else this.#nameByRunId.delete(runId);
        if (current) this.#sorted.set(current);
        else this.#sorted.delete(metadata.name);
        for (const { finishedAt } of justFinished(previous, current)) {
          if (finishedAt) onFinished(Math.max(0, (Date.now() - Date.parse(finishedAt)) / 1000));
        }
        for (const listener of this.#listeners.get(runId) ?? []) listener();
        this.changes.add(previous, current);
      },
    });
    const watchCheck = new WatchCheck({
      get: (name) => this.#reflector.get(name),
      reopen: () => {
        const reopened = this.#reflector.reopen();
        if (reopened) log('the watch missed a change, opening it again', { path: this.#path }, 'warn');
      },
    });
    this.#reachability = new Reachability({
      client: clients.probe,
      namespace,
      nextRunName: () => this.#nameByRunId.get(this.active.next() ?? ''),
      onRead: (run) => watchCheck.compare(run),
    });
  }

  /** Seconds since the API server last responded; 0 while it responds. */
  get apiServerDownSeconds(): number {
    return this.#reachability.apiServerDownSeconds;
  }

  get cacheAgeSeconds(): number {
    const watchIdleSeconds = this.#reflector.watchIdleSeconds;
    return this.hasSynced && watchIdleSeconds > MAX_IDLE_SECONDS
      ? Math.round(watchIdleSeconds)
      : this.#reachability.unreadSeconds;
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced;
  }

  /** Keeps the cache up to date until the signal aborts; never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#reflector.run(signal), this.#reachability.follow(signal)]);
  }

  async create(runId: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<GroupRun | undefined> {
    const body = newRun(runId, spec, annotations);
    const release = this.active.reserve(runId, spec.group);
    try {
      await this.#call('writes', 'POST', this.#path, { body, query: STRICT });
      return undefined;
    } catch (error) {
      release();
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw clusterDenial(error) ?? error;
      const existing = await undefinedIfNotFound(this.#call('writes', 'GET', `${this.#path}/${runId}`));
      // Deleted between the two calls: a retry creates it.
      if (!existing) throw new ServiceUnavailable(1, error);
      return existing;
    } finally {
      this.#uncached.forget(runId);
    }
  }

  async check(runId: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<void> {
    const body = newRun(runId, spec, annotations);
    const query = { ...STRICT, dryRun: 'All' };
    await this.#call('writes', 'POST', this.#path, { body, query }).catch((error) => {
      throw clusterDenial(error) ?? error;
    });
  }

  cached(runId: string): RunRecord | undefined {
    const name = this.#nameByRunId.get(runId);
    return name === undefined ? undefined : this.#reflector.get(name);
  }

  async find(runId: string, caller: string): Promise<RunRecord | undefined> {
    return this.cached(runId) ?? this.#uncached.find(runId, caller);
  }

  async findLatest(runId: string, caller: string): Promise<RunRecord | undefined> {
    return this.cached(runId) ?? this.#uncached.read(runId, caller);
  }

  async withDefinitions({ metadata: { name, uid } }: RunRecord): Promise<GroupRun | undefined> {
    const run = await undefinedIfNotFound(this.#call('reads', 'GET', `${this.#path}/${name}`));
    // Another run of that name may have other rights.
    return run?.metadata.uid === uid ? run : undefined;
  }

  groups(): string[] {
    return this.#complete().groups();
  }

  list(group?: string, after?: PageCursor): Generator<RunRecord, undefined> {
    return this.#complete().list(group, after);
  }

  #complete(): SortedRuns<RunRecord> {
    if (!this.hasSynced) throw new ServiceUnavailable(1, 'the first list of runs is not complete');
    return this.#sorted;
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
    const call = this.#call('writes', 'PATCH', `${this.#path}/${name}`, { body, contentType });
    return undefinedIfNotFound(
      call.catch((error) => {
        throw clusterDenial(error, 'this cancel, nothing was stopped') ?? error;
      }),
    );
  }

  async #call(use: 'reads' | 'writes', method: string, path: string, options?: RequestOptions): Promise<GroupRun> {
    const { apiServerDownSeconds } = this;
    // Fail at once: requests would pile up, and take effect long after their callers gave up.
    if (apiServerDownSeconds > 0)
      throw new ServiceUnavailable(RETRY_AFTER_SECONDS, `silent for ${apiServerDownSeconds} s`);
    return callKube(this.#clients[use], method, path, options);
  }
}

const newRun = (name: string, spec: GroupRunSpec, annotations: Record<string, string>) => ({
  apiVersion: `${API_GROUP}/${API_VERSION}`,
  kind: KIND,
  metadata: { name, labels: { [MANAGED_BY]: MANAGER, [GROUP_LABEL]: spec.group }, annotations },
  spec,
});

const undefinedIfNotFound = (call: Promise<GroupRun>): Promise<GroupRun | undefined> =>
  call.catch((error) => {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  });
