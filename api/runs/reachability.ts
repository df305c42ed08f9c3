import type { GroupRun } from '../../contract/group-run.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { sleep } from '../../process/sleep.ts';

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 2000;
/** Two probes without a response. */
const DOWN_AFTER_MS = INTERVAL_MS + 2 * TIMEOUT_MS;
/** No run has this name. The 404 is short, and shows that the API server reaches etcd. */
const NONEXISTENT_RUN = 'reachable';

interface Options {
  client: Pick<KubeClient, 'request'>;
  namespace: string;
  /** Name of the active run to read next; undefined if none is active. */
  nextRunName: () => string | undefined;
  /** Called with each run that a probe has read. */
  onRead: (run: GroupRun) => void;
}

/** Probes the API server with a GET every 2 s. To a watch, a dead connection looks the same as no changes. */
export class Reachability {
  readonly #options: Options;
  #lastResponseAt = performance.now();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Seconds since the API server last responded; 0 while it responds. */
  get apiServerDownSeconds(): number {
    const unansweredMs = performance.now() - this.#lastResponseAt;
    return unansweredMs < DOWN_AFTER_MS ? 0 : Math.round(unansweredMs / 1000);
  }

  /** Probes until the signal aborts; never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#probe(signal)) this.#lastResponseAt = performance.now();
      await sleep(INTERVAL_MS, signal);
    }
  }

  /** Whether the API server responds, be it with a 4xx. */
  #probe(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, nextRunName, onRead } = this.#options;
    const path = `${paths(namespace).runs}/${nextRunName() ?? NONEXISTENT_RUN}`;
    const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]), idempotent: false };
    return client.request<GroupRun>('GET', path, options).then(
      (run) => {
        onRead(run);
        return true;
      },
      (error) => error instanceof ApiError && error.code < 500,
    );
  }
}
