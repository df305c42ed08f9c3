import type * as z from 'zod';
import type { Accepted, GroupList } from '../api/views/schemas.ts';
import { type Http, send } from './http.ts';
import type { Cancelled, DryRun, GroupView, Me, RunList, RunView, State, StatusView } from './views.ts';

export interface RunsFilter {
  group?: string | undefined;
  state?: State | undefined;
  limit?: number;
  continue?: string | undefined;
}

/**
 * The calls of the REST service. Each rejects with an ApiError, or a TypeError if there is no connection. Each can be repeated: a
 * cancel changes nothing a second time, and a trigger has a key.
 */
export class Calls {
  readonly http: Http;

  constructor(http: Http) {
    this.http = http;
  }

  me = (): Promise<Me> => this.#get('/me');
  groups = async (): Promise<GroupView[]> => (await this.#get<z.infer<typeof GroupList>>('/groups')).groups;
  runs = (filter: RunsFilter): Promise<RunList> => this.#get(`/runs${query({ ...filter })}`);
  run = (id: string): Promise<RunView> => this.#get(`/runs/${encodeURIComponent(id)}`);
  status = (id: string): Promise<StatusView> => this.#get(`/status/${encodeURIComponent(id)}`);
  cancelRun = (id: string): Promise<Cancelled> => this.#post(`/runs/${encodeURIComponent(id)}/cancel`);
  cancelJob = (id: string): Promise<Cancelled> => this.#post(`/status/${encodeURIComponent(id)}/cancel`);

  /** Checks a trigger and starts nothing. */
  dryRun = (group: string, parameters: Record<string, string>): Promise<DryRun> =>
    this.#post(`/group/${encodeURIComponent(group)}?dryRun=true`, { parameters });

  /** Resolves to the id of the new run. The same key never starts a second one. */
  trigger = (group: string, parameters: Record<string, string>, key = newKey()): Promise<string> =>
    this.#start(`/group/${encodeURIComponent(group)}`, { parameters }, key);

  /** As `trigger`, for the jobs of an earlier run, or only for those that did not succeed. */
  rerun = (id: string, only: 'all' | 'failed', key = newKey()): Promise<string> =>
    this.#start(`/runs/${encodeURIComponent(id)}/rerun`, only === 'failed' ? { only } : {}, key);

  async #start(path: string, body: object, key: string): Promise<string> {
    const accepted = await this.#post<z.infer<typeof Accepted>>(path, body, { 'Idempotency-Key': key });
    return runIdOf(accepted['Check job status at'][0]!.slice('/status/'.length));
  }

  async #get<T>(path: string): Promise<T> {
    return (await (await send(this.http, path)).json()) as T;
  }

  async #post<T>(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<T> {
    const init = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    };
    return (await (await send(this.http, path, init)).json()) as T;
  }
}

export function query(fields: Record<string, string | number | undefined>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value) given.set(name, String(value));
  return given.size > 0 ? `?${given}` : '';
}

/** A key of 128 random bits. `crypto.randomUUID` is missing on pages without https. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The id of the run that a job belongs to; of a run its own. */
export const runIdOf = (id: string): string => id.replace(/.{4}$/, '0000');

/** The id of a run's job; `number` from 1. */
export const jobIdOf = (runId: string, number: number): string =>
  `${runId.slice(0, -4)}${number.toString(16).padStart(4, '0')}`;

/** The number in the id of a job, from 1. */
export const jobNumberOf = (jobId: string): number => Number.parseInt(jobId.slice(-4), 16);
