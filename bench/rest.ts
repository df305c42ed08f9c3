import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request as send } from 'undici';
import { toRunId } from '../contract/ids.ts';
import { eventually } from '../test/support/eventually.ts';
import type { Product } from '../test/support/harness.ts';
import { idOf } from '../test/support/rest.ts';
import { writeGroups } from './groups.ts';
import { IMAGE_ENV } from './image.ts';
import { CONNECTIONS } from './raw.ts';

/** Starts the API with a group for each size. Resolves when it is ready: until its cache is filled it answers 503. */
export async function startApi(
  product: Product,
  sizes: readonly number[],
  settings: Record<string, string> = { RATE_LIMIT: '0' },
): Promise<RestClient> {
  await product.startApi(await writeGroups(product, sizes), { ...IMAGE_ENV, ...settings });
  await eventually('the API is ready', async () => (await fetch(`${product.url}/readyz`)).ok || undefined, 120_000);
  return new RestClient(product.url);
}

/** A caller of the REST API over 32 kept connections. */
export class RestClient {
  readonly #url: string;
  readonly #agent = new Agent({ connections: CONNECTIONS });

  constructor(url: string) {
    this.#url = url;
  }

  /** The response's text. Throws an Error unless it has that status. */
  async text(method: 'GET' | 'POST', path: string, expected = 200): Promise<string> {
    const { status, text } = await this.#send(method, path);
    if (status === expected) return text;
    throw new Error(`Expected ${expected}, ${method} ${path} got ${status}: ${text.slice(0, 1000)}`);
  }

  /** Triggers a group and returns the id of the run. */
  async trigger(group: string): Promise<string> {
    return runIdIn(await this.text('POST', `/group/${group}`, 202));
  }

  /** As `trigger`, but asks again after a 503, which an overloaded machine may cause. */
  async triggerPatiently(group: string): Promise<string> {
    const headers = { 'idempotency-key': `"${randomUUID()}"` };
    for (;;) {
      const { status, text } = await this.#send('POST', `/group/${group}`, headers);
      if (status === 202) return runIdIn(text);
      if (status !== 503) throw new Error(`Expected 202 or 503, got ${status}: ${text}`);
      process.stderr.write(`  A trigger got 503 and is repeated: ${text}\n`);
      await sleep(1000);
    }
  }

  /** Resolves when the run is over. Rejects unless all its jobs succeeded. */
  async succeeded(runId: string): Promise<void> {
    for (;;) {
      const { state } = JSON.parse(await this.text('GET', `/runs/${runId}?wait=60s`)) as { state: string };
      if (state === 'SUCCESS') return;
      if (state !== 'PENDING' && state !== 'STARTED') throw new Error(`Expected SUCCESS of run ${runId}, got ${state}`);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(method: 'GET' | 'POST', path: string, headers: Record<string, string> = {}) {
    const response = await send(this.#url + path, { method, headers, dispatcher: this.#agent });
    return { status: response.statusCode, text: await response.body.text() };
  }
}

/** The id of the run that the answer to a trigger is about. */
const runIdIn = (answer: string): string =>
  toRunId(idOf((JSON.parse(answer) as Record<string, string[]>)['Check job status at']![0]!));
