import { createHash } from 'node:crypto';
import { API_GROUP, API_VERSION, type GroupRun, KIND } from '../contract/group-run.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { errorMessage, type Log } from '../process/log.ts';
import type { KubernetesEvent } from './decide/kubernetes-events.ts';

interface Deps {
  client: Pick<KubeClient, 'request'>;
  /** Of the namespace's Events. */
  path: string;
  writeOptions: () => RequestOptions;
  log: Log;
  now: () => Date;
}

const COMPONENT = 'async-api-controller';
/** Events are help, not state: what cannot be sent for long is dropped rather than kept. */
const MAX_WAITING = 1000;
/** So long a hand-over waits for them: meanwhile nobody works on runs. */
const FLUSH_TIMEOUT_MS = 1000;

/** Writes Kubernetes Events about runs, one call at a time, beside the work; a lost one costs nobody anything. */
export class Recorder {
  readonly #deps: Deps;
  readonly #waiting: object[] = [];
  /** Names of events told lately, the oldest first. */
  readonly #told = new Set<string>();
  #sending: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  record({ metadata }: GroupRun, events: KubernetesEvent[]): void {
    const at = this.#deps.now().toISOString();
    for (const event of events) {
      if (this.#waiting.length >= MAX_WAITING) return;
      const { name, namespace, uid, resourceVersion } = metadata;
      // Named by what it says: told again after a crash, it is the same event.
      const hash = createHash('sha256')
        .update(JSON.stringify([uid, event]))
        .digest('hex')
        .slice(0, 16);
      if (!this.#isNew(hash)) continue;
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

  /** Resolves when what was recorded is written, or after a second and the call in hand; the rest is dropped. */
  async flush(): Promise<void> {
    const drop = setTimeout(() => this.#waiting.splice(0), FLUSH_TIMEOUT_MS);
    await this.#sending;
    clearTimeout(drop);
  }

  #isNew(hash: string): boolean {
    if (this.#told.has(hash)) return false;
    this.#told.add(hash);
    if (this.#told.size > MAX_WAITING) this.#told.delete(this.#told.values().next().value!);
    return true;
  }

  async #send(): Promise<void> {
    const { client, path, writeOptions, log } = this.#deps;
    for (let body = this.#waiting.shift(); body; body = this.#waiting.shift()) {
      try {
        await client.request('POST', path, { ...writeOptions(), body });
      } catch (error) {
        if (error instanceof ApiError && error.reason === 'AlreadyExists') continue;
        log('cannot write an event', { error: errorMessage(error) });
      }
    }
  }
}
