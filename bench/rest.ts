import { Agent, request as send } from 'undici';
import { toRunId } from '../contract/ids.ts';
import { idOf } from '../test/support/rest.ts';
import { CONNECTIONS } from './raw.ts';

/** A caller of the REST API over 32 kept connections. */
export class RestClient {
  readonly #url: string;
  readonly #agent = new Agent({ connections: CONNECTIONS });

  constructor(url: string) {
    this.#url = url;
  }

  /** The response's text. Throws an Error unless it has that status. */
  async text(method: 'GET' | 'POST', path: string, expected = 200): Promise<string> {
    const { statusCode, body } = await send(this.#url + path, { method, dispatcher: this.#agent });
    const text = await body.text();
    if (statusCode === expected) return text;
    throw new Error(`Expected ${expected}, ${method} ${path} got ${statusCode}: ${text.slice(0, 1000)}`);
  }

  /** Triggers a group and returns the id of the run. */
  async trigger(group: string): Promise<string> {
    const answer = JSON.parse(await this.text('POST', `/group/${group}`, 202)) as Record<string, string[]>;
    return toRunId(idOf(answer['Check job status at']![0]!));
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
}
