/** One Server-Sent Event. */
export interface ServerEvent {
  event: string;
  data: string;
}

/** Reads Server-Sent Events from pieces of text, which may end anywhere. */
export class EventParser {
  /** The newest id, for Last-Event-ID. */
  lastId = '';
  #rest = '';
  #event = '';
  #data: string[] = [];

  /** The events that this piece completes. */
  push(piece: string): ServerEvent[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop()!;
    return lines.flatMap((line) => this.#line(line.replace(/\r$/, '')) ?? []);
  }

  /** Forgets what a broken connection began. */
  reset(): void {
    this.#rest = '';
    this.#event = '';
    this.#data = [];
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') {
      const complete = { event: this.#event || 'message', data: this.#data.join('\n') };
      const isEvent = this.#data.length > 0;
      this.#event = '';
      this.#data = [];
      return isEvent ? complete : undefined;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (field === 'id') this.lastId = value;
    else if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    return undefined;
  }
}
