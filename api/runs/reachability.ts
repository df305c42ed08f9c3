import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupRun } from '../../contract/group-run.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 2000;
/** Two questions without an answer. */
const GONE_MS = INTERVAL_MS + 2 * TIMEOUT_MS;
/** There is no such run: the answer is short, and comes from where runs are stored. */
const NOBODY = 'reachable';

interface Options {
  client: Pick<KubeClient, 'request'>;
  namespace: string;
  /** The run to ask for next, where one goes on. */
  next: () => string | undefined;
  /** Told what a run is now. */
  read: (run: GroupRun) => void;
}

/**
 * Whether the API server answers, asked all the time: a watch that is silent looks the same whether nothing happens or
 * nothing can be heard.
 */
export class Reachability {
  readonly #options: Options;
  #heardAt = performance.now();

  constructor(options: Options) {
    this.#options = options;
  }

  /** For how many seconds the API server has not answered; 0 where it does. */
  get apiServerDownSeconds(): number {
    const silentMs = performance.now() - this.#heardAt;
    return silentMs < GONE_MS ? 0 : Math.round(silentMs / 1000);
  }

  /** Asks until the signal aborts; never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#answers(signal)) this.#heardAt = performance.now();
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  }

  #answers(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, next, read } = this.#options;
    const once = { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]), idempotent: false };
    return client.request<GroupRun>('GET', `${paths(namespace).runs}/${next() ?? NOBODY}`, once).then(
      (run) => {
        read(run);
        return true;
      },
      (error) => error instanceof ApiError && error.code < 500,
    );
  }
}
