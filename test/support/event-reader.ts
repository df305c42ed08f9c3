export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Reads Server-Sent Events (HTML standard) one at a time, without comments. */
export class EventReader {
  readonly #gone: AbortController;
  readonly #events: AsyncGenerator<ServerEvent>;
  /** The newest id, also one without an event. */
  lastId = '';

  /** Throws unless the answer is an event stream. */
  static async open(url: string, lastEventId?: string, token?: string): Promise<EventReader> {
    const gone = new AbortController();
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(url, { headers, signal: gone.signal });
    if (response.status !== 200 || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      throw new Error(`Expected events, got ${response.status}: ${await response.text()}`);
    }
    return new EventReader(gone, response.body!);
  }

  constructor(gone: AbortController, body: ReadableStream<Uint8Array>) {
    this.#gone = gone;
    this.#events = this.#read(body);
  }

  /** The next event; undefined at the end of the stream. */
  async next(): Promise<ServerEvent | undefined> {
    return (await this.#events.next()).value as ServerEvent | undefined;
  }

  close(): void {
    this.#gone.abort();
  }

  async *#read(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
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
        if (fields.id) this.lastId = fields.id;
        if (fields.data) yield fields;
      }
    }
  }
}
