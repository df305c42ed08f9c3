import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher, request as send } from 'undici';
import type { Answer } from './answer.ts';
import { type Call, isWatch, labelOf } from './call.ts';
import { answerLease, type Leases } from './leases.ts';
import { chain, linesOf } from './lines.ts';
import type { StreamFault } from './watch-faults.ts';

/** One intercepted call. The fault must answer it or cut it. */
export interface Exchange {
  call: Call;
  /** Sends it to the API server and resolves with the answer, which the sender does not get yet. */
  forward(change?: { url?: string }): Promise<Answer>;
  answer(answer: Answer): void;
  /** Breaks the sender's connection. */
  cut(): void;
  url: string;
  body: unknown;
}

/** An armed fault of a call. It is injected once, into the first call that matches. */
export interface Fault {
  matches(call: Call): boolean;
  inject(exchange: Exchange): Promise<void>;
}

/** An armed fault of a watch. It is injected once, at the first event of a watch that matches. */
export interface WatchFault {
  matches(call: Call): boolean;
  inject: StreamFault;
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];
const headersOf = (headers: Answer['headers']): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_BY_HOP.includes(name) ? [] : [[name, value] as [string, string | string[]]],
    ),
  );

/**
 * A proxy between one of our processes and the API server: plain HTTP from the process, HTTPS to the server, the process'
 * own token. It records every call and injects faults.
 */
export class FaultProxy {
  readonly sender: string;
  /** Every call since `mark`, in order of arrival. */
  calls: Call[] = [];
  /** Armed faults; the first one that matches a call is injected. */
  readonly faults = new Set<Fault>();
  readonly watchFaults = new Set<WatchFault>();
  /** While set, calls and answers are held; when it resolves, the connections that waited are cut. */
  partition: Promise<void> | undefined;
  /** While set, its answers replace those of the API server; where it has none, the call goes through. Open watches go on. */
  refusal: ((call: Call) => Answer | undefined) | undefined;
  /** While set, these Leases are used in place of the API server's: the sender leads, even beside another leader. */
  leases: Leases | undefined;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #upstream: string;
  readonly #agent: Agent;
  readonly #counts = new Map<string, number>();
  readonly #watches = new Set<ServerResponse>();
  /** Watches into which a fault was injected. */
  readonly #faultyWatches = new Set<ServerResponse>();

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

  /** Starts a new recording: `calls` becomes empty and occurrences count from one. */
  mark(): void {
    this.calls = [];
    this.#counts.clear();
  }

  /** Disarms every fault and cuts the watches that have one. */
  mend(): void {
    this.faults.clear();
    this.watchFaults.clear();
    for (const response of this.#faultyWatches) response.destroy();
  }

  /** Cuts every open watch. */
  cutWatches(): void {
    for (const response of this.#watches) response.destroy();
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
      return; // The sender closed the connection before its request was complete.
    }
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const { method = 'GET', url = '/' } = request;
    const label = labelOf({ method, url, body });
    const occurrence = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, occurrence);
    const connection = request.socket.remotePort ?? 0;
    const call: Call = { sender: this.sender, label, occurrence, connection };
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
      if (fault) return await fault.inject(exchange);
      if (this.leases && / leases/.test(label)) return exchange.answer(answerLease(this.leases, method, url, body));
      const refused = this.refusal?.(call);
      if (refused) return exchange.answer(refused);
      if (isWatch(label)) return await this.#stream(call, await open(), response);
      const answer = await exchange.forward();
      await this.#cutByPartition();
      exchange.answer(answer);
    } catch {
      // The connection to the API server failed: cut the sender's too.
      response.destroy();
    }
  }

  async #stream(call: Call, upstream: Dispatcher.ResponseData, response: ServerResponse): Promise<void> {
    call.status = upstream.statusCode;
    response.writeHead(upstream.statusCode, headersOf(upstream.headers)).flushHeaders();
    this.#watches.add(response);
    response.once('close', () => {
      upstream.body.destroy();
      this.#watches.delete(response);
      this.#faultyWatches.delete(response);
    });
    const faulty = () => void this.#faultyWatches.add(response);
    for await (const line of this.#withFaults(call, linesOf(upstream.body), faulty)) {
      await this.#cutByPartition();
      if (!response.write(line)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    response.end();
  }

  async *#withFaults(call: Call, lines: AsyncGenerator<string>, onFault: () => void): AsyncGenerator<string> {
    for (;;) {
      const { value: line, done } = await lines.next();
      if (done) return;
      const fault = line.includes('"type":"BOOKMARK"') ? undefined : take(this.watchFaults, call);
      if (fault) {
        onFault();
        return yield* fault.inject(chain(line, lines));
      }
      yield line;
    }
  }

  async #cutByPartition(): Promise<void> {
    if (!this.partition) return;
    await this.partition;
    throw new Error('The partition has ended: this connection is cut');
  }
}

function take<F extends { matches(call: Call): boolean }>(faults: Set<F>, call: Call): F | undefined {
  const fault = [...faults].find((one) => one.matches(call));
  if (fault) faults.delete(fault);
  return fault;
}
