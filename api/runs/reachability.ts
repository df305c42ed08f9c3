import { paths } from '../../contract/paths.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Stored } from '../../kube/store.ts';
import { type Sleep, sleep } from '../../process/sleep.ts';

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 2000;
/** Two probes without a response. */
const DOWN_AFTER_MS = INTERVAL_MS + 2 * TIMEOUT_MS;
/** No run has this name. The 404 is short, and shows that the API server reaches etcd. */
const NONEXISTENT_RUN = 'reachable';
/** A run may take a megabyte. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';

interface Options {
  client: Pick<KubeClient, 'request'>;
  namespace: string;
  /** Name of the active run to read next; undefined if none is active. */
  nextRunName: () => string | undefined;
  /** Called with the metadata of each run that a probe has read. */
  onRead: (run: Stored) => void;
  /** Milliseconds of a clock that never jumps. */
  now?: () => number;
  sleep?: Sleep;
}

/** Probes the API server with a GET every 2 s. To a watch, a dead connection looks the same as no changes. */
export class Reachability {
  readonly #options: Options;
  readonly #now: () => number;
  readonly #sleep: Sleep;
  #respondedAt: number;
  #readAt: number;

  constructor(options: Options) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#sleep = options.sleep ?? sleep;
    this.#respondedAt = this.#now();
    this.#readAt = this.#now();
  }

  /** Seconds since the API server last responded; 0 while it responds. */
  get apiServerDownSeconds(): number {
    return this.#secondsSince(this.#respondedAt);
  }

  /** Seconds since the API server last answered what was asked; 0 while it does. An error (429, 5xx) is no such answer. */
  get unreadSeconds(): number {
    return this.#secondsSince(this.#readAt);
  }

  /** Probes until the signal aborts; never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#probe(signal);
      await this.#sleep(INTERVAL_MS, signal);
    }
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { client, namespace, nextRunName, onRead } = this.#options;
    const path = `${paths(namespace).runs}/${nextRunName() ?? NONEXISTENT_RUN}`;
    const options = { signal, timeoutMs: TIMEOUT_MS, maxTries: 1, accept: METADATA_ONLY };
    const answer = await client.request<Stored>('GET', path, options).catch((error: Error) => error);
    const isError = answer instanceof Error;
    if (isError && !(answer instanceof ApiError)) return;
    // Any HTTP response, be it 429 or 5xx: the API server may accept the next trigger, which gets an answer of its own.
    this.#respondedAt = this.#now();
    if (!isError || (answer.code < 500 && answer.code !== 429)) this.#readAt = this.#now();
    if (!isError) onRead(answer);
  }

  #secondsSince(at: number): number {
    const ms = this.#now() - at;
    return ms < DOWN_AFTER_MS ? 0 : Math.round(ms / 1000);
  }
}
