import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toRunId } from '../../contract/ids.ts';
import { poll } from '../../dev/cluster/poll.ts';
import { idOf } from '../support/rest.ts';
import type { Acknowledged, Told } from './history.ts';

/** How long a caller tries, milliseconds. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 200;

/** A well-behaved caller: it repeats a request without an answer, with the same key, and records every answer. */
export class Caller {
  readonly acknowledged: Acknowledged[] = [];
  readonly told: Told[] = [];
  readonly #url: () => string;
  readonly #signal: AbortSignal;

  /** `url` is called for each request: a restarted API listens on another port. */
  constructor(url: () => string, signal: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
  }

  /** Triggers the group until it is accepted, then again with the same key. Returns the ids of its jobs. */
  async trigger(group: string): Promise<string[]> {
    const key = randomUUID();
    const once = async () => {
      const body = await this.#post(`/group/${group}`, { 'idempotency-key': `"${key}"` });
      const jobs = (body['Check job status at'] as string[]).map(idOf);
      this.acknowledged.push({ run: toRunId(jobs[0]!), key });
      return jobs;
    };
    await once();
    return once();
  }

  /** Posts until the answer is 202. */
  async cancel(path: string): Promise<void> {
    await this.#post(path, {});
  }

  /** Polls the status of these jobs until aborted. */
  async follow(jobs: string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const id of jobs) await this.#ask(id);
      await sleep(PAUSE_MS);
    }
  }

  async #ask(id: string): Promise<void> {
    const at = Date.now();
    try {
      const response = await fetch(`${this.#url()}/status/${id}`, { signal: AbortSignal.timeout(5000) });
      const text = await response.text();
      // 503 says nothing about the job.
      if (response.status === 503) return;
      this.told.push({ id, at, code: response.status, ...(response.ok ? { state: JSON.parse(text).state } : {}) });
    } catch {
      // The API is down.
    }
  }

  async #post(path: string, headers: Record<string, string>): Promise<Record<string, unknown>> {
    let last = '';
    const accepted = async (): Promise<Record<string, unknown> | undefined> => {
      try {
        const signal = AbortSignal.timeout(15_000);
        const response = await fetch(this.#url() + path, { method: 'POST', headers, signal });
        const text = await response.text();
        if (response.status === 202) return JSON.parse(text);
        last = `${response.status} ${text}`;
      } catch (error) {
        last = String(error);
      }
      return undefined;
    };
    const body = await poll(accepted, { deadlineMs: PATIENCE_MS, intervalMs: PAUSE_MS, signal: this.#signal });
    if (body) return body;
    throw new Error(`POST ${path} was not accepted within ${PATIENCE_MS / 1000} s; the last answer: ${last}`);
  }
}
