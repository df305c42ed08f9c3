export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Reads Server-Sent Events as the HTML standard has it, one at a time; comments are left out. */
export class EventReader {
  readonly #gone: AbortController;
  readonly #events: AsyncGenerator<ServerEvent>;

  /** Throws where the answer is no stream of events. */
  static async open(url: string, lastEventId?: string): Promise<EventReader> {
    const gone = new AbortController();
    const headers = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
    const response = await fetch(url, { headers, signal: gone.signal });
    if (response.status !== 200 || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      throw new Error(`Expected events, got ${response.status}: ${await response.text()}`);
    }
    return new EventReader(gone, response.body!);
  }

  constructor(gone: AbortController, body: ReadableStream<Uint8Array>) {
    this.#gone = gone;
    this.#events = read(body);
  }

  /** Undefined when the stream has ended. */
  async next(): Promise<ServerEvent | undefined> {
    return (await this.#events.next()).value as ServerEvent | undefined;
  }

  close(): void {
    this.#gone.abort();
  }
}

async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = { id: '', event: 'message', data: '' };
      for (const line of block.split('\n')) {
        const [, name, value] = /^(id|event|data): (.*)$/.exec(line) ?? [];
        if (name) fields[name as keyof typeof fields] = value!;
      }
      if (fields.data) yield fields;
    }
  }
}
