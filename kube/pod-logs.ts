import { Agent, request as send } from 'undici';
import { paths } from '../contract/paths.ts';
import { toApiError } from './api-error.ts';
import type { Connection } from './connection.ts';

export interface LogOptions {
  /** The container's name. The API server answers 400 without one if the pod has several containers. */
  container: string;
  /** Streams new lines until the container ends. */
  follow: boolean;
  /** Limits the log to its last lines. */
  tailLines?: number | undefined;
  /** Limits the log to its first bytes, timestamps included. */
  limitBytes?: number;
  /** Begins each line with its time (RFC 3339, with nanoseconds). */
  timestamps?: boolean;
  signal: AbortSignal;
}

export interface PodLogs {
  /** Streams the log of one container of the pod. Throws ApiError if the pod or its log does not exist. */
  read(pod: string, options: LogOptions): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** Reads pod logs of one namespace. Has its own connection pool, because a followed log occupies a connection for long. */
export function createPodLogs({ server, tls, headers }: Connection, namespace: string): PodLogs {
  const agent = new Agent({ connect: { ...tls, allowH2: false }, bodyTimeout: 0, headersTimeout: 10_000 });
  return {
    async read(pod, { signal, ...options }) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(options)) if (value !== undefined) query.set(name, String(value));
      const path = `${paths(namespace).pods}/${encodeURIComponent(pod)}/log`;
      const response = await send(`${server}${path}?${query}`, {
        headers: await headers(),
        dispatcher: agent,
        signal,
      });
      if (response.statusCode === 200) return response.body;
      const body = await response.body.text();
      throw toApiError(`GET ${path}`, response.statusCode, body, response.headers['retry-after']);
    },
    close: () => agent.destroy(),
  };
}
