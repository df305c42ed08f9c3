import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher, request as send } from 'undici';
import type { Answer } from './answer.ts';
import { type Call, isWatch, labelOf } from './call.ts';
import { answerLease, type Leases } from './leases.ts';

/** One call in the hands of a fault, which must answer it or cut it. */
export interface Exchange {
  call: Call;
  /** Lets the API server have it; resolves with the answer, of which the sender knows nothing yet. */
  forward(change?: { url?: string }): Promise<Answer>;
  answer(answer: Answer): void;
  /** Breaks the sender's connection. */
  cut(): void;
  url: string;
  body: unknown;
}

/** A fault in wait. It strikes once, then is gone. */
export interface Fault {
  matches(call: Call): boolean;
  strike(exchange: Exchange): Promise<void>;
}

/** A fault of a watch. It takes the stream over from its next event on; what it throws cuts the connection. */
export interface WatchFault {
  matches(call: Call): boolean;
  strike(lines: AsyncIterable<string>): AsyncIterable<string>;
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];
const headersOf = (headers: Answer['headers']): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_BY_HOP.includes(name) ? [] : [[name, value] as [string, string | string[]]],
    ),
  );

/**
 * Stands between one process of ours and the API server: HTTP on this machine in, HTTPS out, with the process' own token.
 * Records every call and lets faults strike.
 */
export class FaultProxy {
  readonly sender: string;
  /** Every call since `mark`, in the order they came. */
  calls: Call[] = [];
  /** Strike in the order they were armed. */
  readonly faults = new Set<Fault>();
  readonly watchFaults = new Set<WatchFault>();
  /** While set, nothing passes in either direction; when it resolves, every connection that waited is cut. */
  partition: Promise<void> | undefined;
  /** While set, every call is answered with this and not passed on; watches that are open go on. */
  refusal: Answer | undefined;
  /** While set, Leases are kept here rather than by the API server: the sender leads whoever else does. */
  leases: Leases | undefined;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #upstream: string;
  readonly #agent: Agent;
  readonly #counts = new Map<string, number>();
  /** Watches that a fault has taken over. */
  readonly #struckWatches = new Set<ServerResponse>();

  static async start(sender: string, server: string, ca: Buffer): Promise<FaultProxy> {
    const proxy = new FaultProxy(sender, server, ca);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(sender: string, server: string, ca: Buffer) {
    this.sender = sender;
    this.#upstream = server;
    this.#agent = new Agent({ connect: { ca, allowH2: false }, bodyTimeout: 0, headersTimeout: 0 });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Begins a recording: forgets the calls so far, and counts from one again. */
  mark(): void {
    this.calls = [];
    this.#counts.clear();
  }

  /** Takes away every fault, also from the watches that one has taken over: they are cut. */
  mend(): void {
    this.faults.clear();
    this.watchFaults.clear();
    for (const response of this.#struckWatches) response.destroy();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#agent.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) text += chunk;
    } catch {
      return; // The sender is gone before it said what it wants.
    }
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const { method = 'GET', url = '/' } = request;
    const label = labelOf({ method, url, body });
    const occurrence = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, occurrence);
    const call: Call = { sender: this.sender, label, occurrence };
    this.calls.push(call);
    const open = (to = url) =>
      send(this.#upstream + to, {
        method: method as Dispatcher.HttpMethod,
        headers: headersOf(request.headers),
        body: text === '' ? null : text,
        dispatcher: this.#agent,
      });
    try {
      await this.#cutByPartition();
      const fault = take(this.faults, call);
      const exchange: Exchange = {
        call,
        url,
        body,
        forward: async (change) => {
          const upstream = await open(change?.url);
          return { status: upstream.statusCode, headers: upstream.headers, body: await upstream.body.text() };
        },
        answer: (answer) => {
          call.status = answer.status;
          if (!response.destroyed) response.writeHead(answer.status, headersOf(answer.headers)).end(answer.body);
        },
        cut: () => void response.destroy(),
      };
      if (fault) return await fault.strike(exchange);
      if (this.leases && / leases/.test(label)) return exchange.answer(answerLease(this.leases, method, url, body));
      if (this.refusal) return exchange.answer(this.refusal);
      if (isWatch(label)) return await this.#stream(call, await open(), response);
      const answer = await exchange.forward();
      await this.#cutByPartition();
      exchange.answer(answer);
    } catch {
      // The API server cannot be reached, or is lost in the middle: so is the sender's connection.
      response.destroy();
    }
  }

  async #stream(call: Call, upstream: Dispatcher.ResponseData, response: ServerResponse): Promise<void> {
    call.status = upstream.statusCode;
    response.writeHead(upstream.statusCode, headersOf(upstream.headers)).flushHeaders();
    response.once('close', () => {
      upstream.body.destroy();
      this.#struckWatches.delete(response);
    });
    const struck = () => void this.#struckWatches.add(response);
    for await (const line of this.#struck(call, linesOf(upstream.body), struck)) {
      await this.#cutByPartition();
      if (!response.write(line)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    response.end();
  }

  async *#struck(call: Call, lines: AsyncGenerator<string>, onStrike: () => void): AsyncGenerator<string> {
    for (;;) {
      const { value: line, done } = await lines.next();
      if (done) return;
      const fault = line.includes('"type":"BOOKMARK"') ? undefined : take(this.watchFaults, call);
      if (fault) {
        onStrike();
        return yield* fault.strike(chain(line, lines));
      }
      yield line;
    }
  }

  async #cutByPartition(): Promise<void> {
    if (!this.partition) return;
    await this.partition;
    throw new Error('The partition is over, the connection is not what it was');
  }
}

function take<F extends { matches(call: Call): boolean }>(faults: Set<F>, call: Call): F | undefined {
  const fault = [...faults].find((one) => one.matches(call));
  if (fault) faults.delete(fault);
  return fault;
}

async function* chain(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

/** Lines with their ends, as they arrive. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield `${line}\n`;
  }
}
