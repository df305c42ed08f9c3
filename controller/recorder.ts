import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { API_GROUP, API_VERSION, type GroupRun, KIND } from '../contract/group-run.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { FencedError } from '../kube/fenced-error.ts';
import { errorMessage, type Log } from '../process/log.ts';
import type { KubernetesEvent } from './decide/kubernetes-events.ts';

interface Deps {
  client: Pick<KubeClient, 'request'>;
  /** API server path of the namespace's Events. */
  path: string;
  writeOptions: () => RequestOptions;
  log: Log;
  now: () => Date;
}

const COMPONENT = 'async-api-controller';
/** Further Events are dropped: they are informative only, and an outage must not fill the memory. */
const MAX_WAITING = 1000;
const MAX_RECENT = 1000;
/** How long the end of a term waits for queued Events. Until then no replica can lead. */
const FLUSH_TIMEOUT_MS = 1000;

/** Writes Kubernetes Events about runs in the background, one call at a time. Best effort: a lost Event does no harm. */
export class Recorder {
  readonly #deps: Deps;
  readonly #waiting: object[] = [];
  /** Hashes of recent events. */
  readonly #recent = new LRUCache<string, true>({ max: MAX_RECENT });
  #sending: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  record({ metadata }: GroupRun, events: KubernetesEvent[]): void {
    const at = this.#deps.now().toISOString();
    for (const event of events) {
      if (this.#waiting.length >= MAX_WAITING) return;
      const { name, namespace, uid, resourceVersion } = metadata;
      // The name is a hash of the content: an Event repeated after a crash gets AlreadyExists.
      const hash = createHash('sha256')
        .update(JSON.stringify([uid, event]))
        .digest('hex')
        .slice(0, 16);
      if (this.#recent.has(hash)) continue;
      this.#recent.set(hash, true);
      this.#waiting.push({
        ...event,
        metadata: { name: `${name.slice(0, 230)}.${hash}`, namespace },
        involvedObject: {
          apiVersion: `${API_GROUP}/${API_VERSION}`,
          kind: KIND,
          name,
          namespace,
          uid,
          resourceVersion,
        },
        source: { component: COMPONENT },
        reportingComponent: COMPONENT,
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      });
    }
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Resolves when all recorded Events are written. After a second drops the rest and waits only for the call in progress. */
  async flush(): Promise<void> {
    const drop = setTimeout(() => this.#waiting.splice(0), FLUSH_TIMEOUT_MS);
    await this.#sending;
    clearTimeout(drop);
  }

  async #send(): Promise<void> {
    const { client, path, writeOptions, log } = this.#deps;
    for (let body = this.#waiting.shift(); body; body = this.#waiting.shift()) {
      try {
        await client.request('POST', path, { ...writeOptions(), body });
      } catch (error) {
        if (error instanceof ApiError && error.reason === 'AlreadyExists') continue;
        log('cannot write an event', { error: errorMessage(error) });
        // The fence would refuse all others too.
        if (error instanceof FencedError) this.#waiting.length = 0;
      }
    }
  }
}
