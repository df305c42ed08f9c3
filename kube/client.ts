import { Agent, type Dispatcher, request as send } from 'undici';
import type { Log } from '../process/log.ts';
import { ApiError, toApiError } from './api-error.ts';
import { type Connection, connect } from './connection.ts';
import { jsonLines } from './json-lines.ts';
import { withRetries } from './retry.ts';
import { ServerClock } from './server-clock.ts';
import { warningLog } from './warnings.ts';

type Query = Record<string, string | number | boolean | undefined>;

export interface RequestOptions {
  /** Media type of the response; application/json by default. */
  accept?: string;
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
  query?: Query;
  /** Aborts the call and its retries. */
  signal?: AbortSignal;
  /** Timeout of each try, milliseconds; 10,000 by default. */
  timeoutMs?: number;
  /** Three by default. */
  maxTries?: number;
  /** Safe to retry: the caller handles the answer to a duplicate, such as AlreadyExists. True by default for GET. */
  idempotent?: boolean;
  /** Called right before each try is sent; throws to abort the call. */
  fence?: () => void;
}

export interface WatchEvent<T = unknown> {
  type: string;
  object: T;
}

export interface KubeClient {
  /**
   * Sends one JSON request; at most `maxTries` times, with backoff and jitter. Retries only if the failed try certainly had no
   * effect or the call is idempotent. Throws ApiError for an error response, an Error that names the call on timeout.
   */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /**
   * Resolves when the server has accepted the watch, with an iterator of its events. It and the iterator throw ApiError; the
   * iterator for an ERROR event (410: list again). The iterator ends when the server closes the watch.
   */
  watch(path: string, query: Query, signal: AbortSignal): Promise<AsyncIterable<WatchEvent>>;
  /** The time of the API server. Deadlines count from its timestamps, so they are compared with its time, not this machine's. */
  now(): Date;
  /** Closes all connections, including those of watches. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

function toUrl(server: string, path: string, query: Query = {}): string {
  const parameters = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]],
  );
  return `${server}${path}${parameters.length > 0 ? `?${new URLSearchParams(parameters)}` : ''}`;
}

interface ClientOptions {
  /** For the warnings that the API server sends with its responses; they are dropped if not given. */
  log?: Log;
  /** At most so many TCP connections for calls, 32 by default; further calls wait. Watches have their own, without a limit. */
  connections?: number;
}

/** A client for the cluster and identity of the kubeconfig, or of the pod it runs in. Throws if neither exists. */
export const createClient = async ({
  log,
  ...options
}: {
  kubeconfig?: string;
  context?: string;
  log?: Log;
} = {}): Promise<KubeClient> => openClient(await connect(options), log ? { log } : {});

/**
 * A client with connections of its own. A process has one for each purpose: calls that hang or pile up take no connection from
 * those of another.
 */
export function openClient(connection: Connection, { log = () => {}, connections = 32 }: ClientOptions): KubeClient {
  const { server, tls, headers } = connection;
  const logWarnings = warningLog(log);
  const clock = new ServerClock();
  // HTTP/1.1, because HTTP/2 would multiplex all watches on one socket.
  const sockets = { ...tls, allowH2: false };
  const calls = new Agent({ connect: sockets, connections });
  // A separate pool, so that watches never use up the connections of calls.
  const watches = new Agent({ connect: sockets, bodyTimeout: 0, headersTimeout: 30_000 });

  async function once<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const { accept = 'application/json', body, contentType, query, signal, timeoutMs = TIMEOUT_MS, fence } = options;
    const deadline = AbortSignal.timeout(Math.ceil(timeoutMs));
    const authHeaders = await headers();
    fence?.();
    const sentAt = performance.now();
    try {
      const response = await send(toUrl(server, path, query), {
        method: method as Dispatcher.HttpMethod,
        headers: {
          accept,
          ...authHeaders,
          ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        dispatcher: calls,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      clock.observe(response.headers.date, performance.now() - sentAt);
      logWarnings(`${method} ${path}`, response.headers.warning);
      const text = await response.body.text();
      if (response.statusCode < 300) return (text === '' ? undefined : JSON.parse(text)) as T;
      throw toApiError(`${method} ${path}`, response.statusCode, text, response.headers['retry-after']);
    } catch (error) {
      if (!deadline.aborted || signal?.aborted || error instanceof ApiError) throw error;
      throw new Error(`${method} ${path} had no answer within ${timeoutMs} ms`, { cause: error });
    }
  }

  function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { signal, maxTries, idempotent = method === 'GET' } = options;
    return withRetries(() => once<T>(method, path, options), { method, idempotent, signal, maxTries });
  }

  async function watch(path: string, query: Query, signal: AbortSignal): Promise<AsyncIterable<WatchEvent>> {
    const url = toUrl(server, path, { ...query, watch: true });
    const watchHeaders = { accept: 'application/json', ...(await headers()) };
    const response = await send(url, { headers: watchHeaders, dispatcher: watches, signal });
    logWarnings(`WATCH ${path}`, response.headers.warning);
    if (response.statusCode < 300) return watchEvents(path, response.body);
    const body = await response.body.text();
    throw toApiError(`WATCH ${path}`, response.statusCode, body, response.headers['retry-after']);
  }

  return {
    request,
    watch,
    now: () => clock.now(),
    close: async () => {
      await Promise.all([calls.destroy(), watches.destroy()]);
    },
  };
}

async function* watchEvents(path: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent> {
  for await (const line of jsonLines(body)) {
    const event = line as WatchEvent;
    if (event.type === 'ERROR') {
      const status = event.object as { code?: number };
      throw toApiError(`WATCH ${path}`, status.code ?? 500, JSON.stringify(status));
    }
    yield event;
  }
}
