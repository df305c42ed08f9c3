import { Calls, query, type RunsFilter } from './calls.ts';
import { type Follower, follow } from './follow.ts';
import type { Http } from './http.ts';
import { type LogOptions, readLog } from './read-log.ts';
import { type RetryOptions, retryingFetch } from './retry.ts';
import type { RunView } from './views.ts';
import { type WaitOptions, waitForRun } from './wait.ts';

export interface ClientOptions {
  /** Such as `https://jobs.example`, with the path under which a proxy serves it. */
  server: string;
  /** A bearer token, or how to get the current one before each request. */
  token?: string | undefined | (() => string | undefined);
  /** As the global one. */
  fetch?: typeof fetch;
  retry?: RetryOptions;
  /** Called with the age in seconds of what an answer shows, 0 where it is current. */
  onAge?: (seconds: number) => void;
}

/** The REST service, with its streams. Requests are repeated where that can help. */
export class Client extends Calls {
  /** Without retries: a stream has its own, and tells of them. */
  readonly #once: Http;

  constructor(http: Http, once: Http) {
    super(http);
    this.#once = once;
  }

  /** Follows the events of a run until it is over, or the signal aborts. */
  followRun(id: string, follower: Follower, signal: AbortSignal): Promise<void> {
    return follow(this.#once, `/runs/${encodeURIComponent(id)}/events`, follower, signal);
  }

  /** Follows the changes of all runs until the signal aborts. */
  followRuns({ group, state }: RunsFilter, follower: Follower, signal: AbortSignal): Promise<void> {
    return follow(this.#once, `/runs/events${query({ group, state })}`, follower, signal);
  }

  log(jobId: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<string> {
    return readLog(this.http, jobId, options, signal);
  }

  wait(id: string, options?: WaitOptions): Promise<RunView> {
    return waitForRun(this, id, options);
  }
}

export function createClient({ server, token, retry, onAge = () => {}, ...options }: ClientOptions): Client {
  const base = server.replace(/\/+$/, '');
  const sendOnce = options.fetch ?? fetch;
  const once: Http = {
    // A redirect would turn a POST into a GET, and its target is not what the caller trusts with a token.
    fetch: (path, init) => sendOnce(`${base}${path}`, { ...init, redirect: 'manual' }),
    token: typeof token === 'function' ? token : () => token,
    onAge,
    onUnauthorized: () => {},
  };
  return new Client({ ...once, fetch: retryingFetch(once.fetch, retry) }, once);
}
