import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, request as send } from 'undici';
import { type Connection, connect } from '../kube/connection.ts';
import { jsonLines } from '../kube/json-lines.ts';

/** Connections of the raw client, as many as those of the product's (kube/client.ts). */
export const CONNECTIONS = 32;
const TIMEOUT_MS = 300_000;

/**
 * The limit that the product is compared with: plain calls of the API server over 32 kept connections (HTTP/1.1), without
 * retries, deadlines or checks. It is the cluster's administrator, so neither policies for our accounts nor API Priority and
 * Fairness apply to it.
 */
export class RawClient {
  readonly #connection: Connection;
  readonly #headers: Record<string, string>;
  readonly #calls: Agent;
  readonly #watches: Agent;

  static async connect(kubeconfig: string): Promise<RawClient> {
    const connection = await connect({ kubeconfig });
    return new RawClient(connection, await connection.headers());
  }

  constructor(connection: Connection, headers: Record<string, string>) {
    this.#connection = connection;
    this.#headers = { accept: 'application/json', ...headers };
    const sockets = { ...connection.tls, allowH2: false };
    const timeouts = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
    this.#calls = new Agent({ connect: sockets, connections: CONNECTIONS, ...timeouts });
    this.#watches = new Agent({ connect: sockets, bodyTimeout: 0 });
  }

  /** The response's text. Throws an Error for an error response. */
  async text(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<string> {
    const response = await send(this.#connection.server + path, {
      method: method as Dispatcher.HttpMethod,
      headers: body === undefined ? this.#headers : { ...this.#headers, 'content-type': contentType },
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: this.#calls,
    });
    const text = await response.body.text();
    if (response.statusCode < 300) return text;
    throw new Error(`${method} ${path} got ${response.statusCode}: ${text.slice(0, 1000)}`);
  }

  async request<T>(method: string, path: string, body?: unknown, contentType?: string): Promise<T> {
    return JSON.parse(await this.text(method, path, body, contentType)) as T;
  }

  mergePatch<T>(path: string, body: object): Promise<T> {
    return this.request<T>('PATCH', path, body, 'application/merge-patch+json');
  }

  /**
   * Calls `onObject` for each object of the collection, and for each change. Returns a function that ends it. When a watch
   * ends, which happens often under load, the next one begins with all objects again: an object may come twice.
   */
  watch<T>(path: string, onObject: (object: T) => void): () => void {
    const closed = new AbortController();
    void this.#follow(path, onObject, closed.signal);
    return () => closed.abort();
  }

  async #follow<T>(path: string, onObject: (object: T) => void, signal: AbortSignal): Promise<void> {
    const url = `${this.#connection.server}${path}?watch=true`;
    while (!signal.aborted) {
      try {
        const { body } = await send(url, { headers: this.#headers, dispatcher: this.#watches, signal });
        for await (const event of jsonLines(body)) onObject((event as { object: T }).object);
      } catch (error) {
        if (signal.aborted) return;
        process.stderr.write(`  The watch of ${path} ended: ${error}\n`);
        await sleep(200);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#calls.destroy(), this.#watches.destroy()]);
  }
}

/** Does the work for all items, as many at a time as the raw client has connections. */
export async function overConnections<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}
