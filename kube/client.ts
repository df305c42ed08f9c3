import type { RequestOptions as HttpsOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request as send } from 'undici';
import { jsonLines } from './json-lines.ts';

type Query = Record<string, string | number | boolean | undefined>;

/** An answer of the API server that is not a success. `code` is the HTTP status, `reason` the Status object's. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly retryAfterSeconds?: number;

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    if (retryAfterSeconds !== undefined) this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** `body` is sent as JSON; `timeoutMs` (default 30,000) covers all tries together. */
export interface RequestOptions {
  body?: unknown;
  contentType?: string;
  query?: Query;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface WatchEvent<T = unknown> {
  type: string;
  object: T;
}

export interface KubeClient {
  /**
   * One call, JSON in and out. Tries again, at most three times in all: after 429, and for GET also after 503 and a
   * broken connection. Throws ApiError for the API server's answers, an Error naming the call when time is up.
   */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** Events until the server ends the watch. Throws ApiError, also for an ERROR event (410: list again). */
  watch(path: string, query: Query, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** Ends every connection, also those of watches. */
  close(): Promise<void>;
}

const TRIES = 3;
const DEADLINE_MS = 30_000;

function loadConfig({ kubeconfig, context }: { kubeconfig?: string; context?: string }): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
  else if (context === undefined && process.env.KUBERNETES_SERVICE_HOST) config.loadFromCluster();
  else if (context !== undefined || process.env.KUBECONFIG) config.loadFromDefault();
  else {
    // A current context in ~/.kube may be somebody's production: it is never taken without being named.
    throw new Error('Expected a cluster: run inside one, set KUBECONFIG, or name a kubeconfig or context');
  }
  if (context !== undefined) {
    if (!config.getContextObject(context)) throw new Error(`Expected a context of the kubeconfig, got "${context}"`);
    config.setCurrentContext(context);
  }
  return config;
}

/** The body of an error answer, as an ApiError. The body need not be a Status: a proxy may have answered. */
function toError(call: string, code: number, text: string, retryAfter?: string | string[]): ApiError {
  let status: { reason?: string; message?: string } = {};
  try {
    status = JSON.parse(text) ?? {};
  } catch {
    status = { message: text.slice(0, 500) };
  }
  const seconds = Number(retryAfter);
  const message = status.message || `${call} was answered with ${code}`;
  return new ApiError(code, status.reason ?? '', message, retryAfter && seconds >= 0 ? seconds : undefined);
}

function toUrl(server: string, path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]],
  );
  return `${server}${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`;
}

/** A client whose identity is the kubeconfig's, or the pod's own. Throws when there is no cluster to talk to. */
export async function createClient(options: { kubeconfig?: string; context?: string } = {}): Promise<KubeClient> {
  const config = loadConfig(options);
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, '');
  if (!server) throw new Error('Expected a kubeconfig whose current context names a cluster');

  const authenticate = async (): Promise<HttpsOptions> => {
    const https: HttpsOptions = { headers: {} };
    await config.applyToHTTPSOptions(https);
    return https;
  };
  // Asked again before every call: tokens are rotated.
  const headers = async (extra: Record<string, string>): Promise<Record<string, string>> => {
    const { headers: given, auth } = await authenticate();
    const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
    return { accept: 'application/json', ...basic, ...(given as Record<string, string>), ...extra };
  };

  const { ca, cert, key, servername, rejectUnauthorized } = await authenticate();
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
  );
  // HTTP/2 would put all watches on one socket.
  const connect = { ...tls, allowH2: false };
  const calls = new Agent({ connect, connections: 32 });
  // Apart, so that long watches never take the connections of calls.
  const watches = new Agent({ connect, bodyTimeout: 0, headersTimeout: DEADLINE_MS });

  async function once<T>(
    method: string,
    path: string,
    { body, contentType, query }: RequestOptions,
    signal: AbortSignal,
  ) {
    const extra = body === undefined ? {} : { 'content-type': contentType ?? 'application/json' };
    const response = await send(toUrl(server!, path, query), {
      method: method as Dispatcher.HttpMethod,
      headers: await headers(extra),
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: calls,
      signal,
    });
    const text = await response.body.text();
    if (response.statusCode < 300) return (text === '' ? undefined : JSON.parse(text)) as T;
    throw toError(`${method} ${path}`, response.statusCode, text, response.headers['retry-after']);
  }

  async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? DEADLINE_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          return await once<T>(method, path, options, signal);
        } catch (error) {
          if (tries === TRIES || signal.aborted || !mayRetry(method, error)) throw error;
          const backoffMs = 100 * 2 ** tries * (0.5 + Math.random());
          const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
          await sleep(Math.max(asked, backoffMs), undefined, { signal });
        }
      }
    } catch (error) {
      if (deadline.aborted && !options.signal?.aborted && !(error instanceof ApiError)) {
        throw new Error(`${method} ${path} had no answer within ${timeoutMs} ms`, { cause: error });
      }
      throw error;
    }
  }

  async function* watch(path: string, query: Query, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const url = toUrl(server!, path, { ...query, watch: true });
    const response = await send(url, { headers: await headers({}), dispatcher: watches, signal });
    if (response.statusCode >= 300) {
      throw toError(`WATCH ${path}`, response.statusCode, await response.body.text(), response.headers['retry-after']);
    }
    for await (const line of jsonLines(response.body)) {
      const event = line as WatchEvent;
      if (event.type === 'ERROR') {
        const status = event.object as { code?: number };
        throw toError(`WATCH ${path}`, status.code ?? 500, JSON.stringify(status));
      }
      yield event;
    }
  }

  return {
    request,
    watch,
    close: async () => {
      await Promise.all([calls.destroy(), watches.destroy()]);
    },
  };
}

/** Only what cannot have taken effect is sent twice: 429 is refused before it is read, a GET changes nothing. */
function mayRetry(method: string, error: unknown): boolean {
  if (!(error instanceof ApiError)) return method === 'GET';
  return error.code === 429 || (error.code === 503 && method === 'GET');
}
