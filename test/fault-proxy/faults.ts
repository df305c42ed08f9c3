import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, statusAnswer } from './answer.ts';
import type { Exchange } from './proxy.ts';

/** What a fault can do beside a connection: to our processes, to the cluster, to time. */
export interface World {
  /** The time for which a leader may go on without renewing its lease. */
  leaseMs: number;
  /** SIGKILL; the process is started again at once. Resolves when it is dead. */
  kill(sender: string): Promise<void>;
  /** SIGSTOP, then SIGCONT. */
  pause(sender: string): void;
  resume(sender: string): void;
  /** Sets the process' clock this many seconds off. */
  moveClock(sender: string, seconds: number): Promise<void>;
  /** Ends a component of the cluster and starts it again; resolves when the API server is ready. */
  restart(component: string, signal: NodeJS.Signals): Promise<void>;
  /** Nothing passes between this process and the API server for so long; then its connections are cut. */
  partition(sender: string, ms: number): Promise<void>;
  /** Every call of this process is answered so for a while. */
  refuse(sender: string, answer: Answer, ms: number): Promise<void>;
  /** Has this befall the sender's next call with that label. */
  arm(sender: string, label: string, fault: CallFault): void;
  /** A list as it was before this life began, as the API server would have answered then. */
  earlier(url: string): Answer;
}

export type CallFault = (exchange: Exchange, world: World) => Promise<void>;

const TOO_MANY = statusAnswer(429, 'TooManyRequests', { 'retry-after': '1' });
const BROKEN = statusAnswer(500, 'InternalError');
const TIMED_OUT = statusAnswer(504, 'Timeout');
/** Longer than the three tries that the client makes by itself. */
const OUTAGE_MS = 5000;
const LATE_MS = 3000;

const answered =
  (answer: Answer): CallFault =>
  async (exchange) =>
    exchange.answer(answer);
const pass: CallFault = async (exchange) => exchange.answer(await exchange.forward());

/** What may befall any call. */
export const CALL_FAULTS: Record<string, CallFault> = {
  'killed before': async (exchange, world) => {
    await world.kill(exchange.call.sender);
    exchange.cut();
  },
  'killed after': async (exchange, world) => {
    await exchange.forward();
    await world.kill(exchange.call.sender);
    exchange.cut();
  },
  'answer lost': async (exchange) => {
    await exchange.forward();
    exchange.cut();
  },
  'connection reset': async (exchange) => exchange.cut(),
  '409': answered(statusAnswer(409, 'Conflict')),
  '429': answered(TOO_MANY),
  '500': answered(BROKEN),
  '504': answered(TIMED_OUT),
  '504 after commit': async (exchange) => {
    await exchange.forward();
    exchange.answer(TIMED_OUT);
  },
};

/** What also befalls each call of one life, but costs more time. */
export const LONG_FAULTS: Record<string, CallFault> = {
  late: async (exchange, world) => {
    await sleep(LATE_MS);
    await pass(exchange, world);
  },
  '429 for 5 s': async (exchange, world) => {
    exchange.answer(TOO_MANY);
    await world.refuse(exchange.call.sender, TOO_MANY, OUTAGE_MS);
  },
  '500 for 5 s': async (exchange, world) => {
    exchange.answer(BROKEN);
    await world.refuse(exchange.call.sender, BROKEN, OUTAGE_MS);
  },
};

/** What befalls a leader while another waits for its lease. The call in hand arrives when another leads already. */
export const LEADER_FAULTS: Record<string, CallFault> = {
  'stopped past the lease': async (exchange, world) => {
    world.pause(exchange.call.sender);
    await sleep(2 * world.leaseMs + 1000);
    const answer = await exchange.forward();
    world.resume(exchange.call.sender);
    exchange.answer(answer);
  },
  'partitioned past the lease': async (exchange, world) => {
    await world.partition(exchange.call.sender, 2 * world.leaseMs + 1000);
    await exchange.forward();
    exchange.cut();
  },
};

const moved =
  (seconds: number): CallFault =>
  async (exchange, world) => {
    await world.moveClock(exchange.call.sender, seconds);
    await pass(exchange, world);
  };
export const CLOCK_FAULTS: Record<string, CallFault> = { 'clock +1 h': moved(3600), 'clock -1 h': moved(-3600) };

const restarted =
  (component: string, signal: NodeJS.Signals): CallFault =>
  async (exchange, world) => {
    await world.restart(component, signal);
    await pass(exchange, world);
  };
/** These touch everyone who uses the cluster. */
export const CLUSTER_FAULTS: Record<string, CallFault> = {
  'kube-apiserver killed': restarted('kube-apiserver', 'SIGKILL'),
  'kube-apiserver stopped': restarted('kube-apiserver', 'SIGTERM'),
  'etcd killed': restarted('etcd', 'SIGKILL'),
};

/** Every fault of a single call, whichever call it is. */
export const ALL_CALL_FAULTS: Record<string, CallFault> = {
  ...CALL_FAULTS,
  ...LONG_FAULTS,
  ...LEADER_FAULTS,
  ...CLOCK_FAULTS,
  ...CLUSTER_FAULTS,
};

const EXPIRED = statusAnswer(410, 'Expired');

/** What may befall a list. */
export const LIST_FAULTS: Record<string, CallFault> = {
  stale: async (exchange, world) => exchange.answer(world.earlier(exchange.url)),
  late: LONG_FAULTS.late!,
  '410 in the middle': async (exchange, world) => {
    const url = new URL(exchange.url, 'http://localhost');
    world.arm(exchange.call.sender, exchange.call.label, answered(EXPIRED));
    // A page of one object: then there is a next page to fail.
    url.searchParams.set('limit', '1');
    exchange.answer(await exchange.forward({ url: url.pathname + url.search }));
  },
  '429': CALL_FAULTS['429']!,
  '500': CALL_FAULTS['500']!,
  'connection reset': CALL_FAULTS['connection reset']!,
  'cut in half': async (exchange) => {
    const answer = await exchange.forward();
    exchange.answer({ ...answer, body: answer.body.slice(0, answer.body.length / 2) });
  },
};

export type WatchStrike = (lines: AsyncIterable<string>) => AsyncIterable<string>;
const CUT = new Error('cut');

/** What may befall a watch, from one of its events on. */
export const WATCH_FAULTS: Record<string, WatchStrike> = {
  closed: async function* () {},
  'cut in an event': async function* (lines) {
    for await (const line of lines) {
      yield line.slice(0, line.length / 2);
      throw CUT;
    }
  },
  '410': async function* () {
    yield `${JSON.stringify({ type: 'ERROR', object: JSON.parse(EXPIRED.body) })}\n`;
  },
  '500 event': async function* () {
    yield `${JSON.stringify({ type: 'ERROR', object: JSON.parse(BROKEN.body) })}\n`;
  },
  'black-holed': (lines) => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        // Ends when the sender hangs up.
        for await (const _ of lines);
        return { done: true, value: undefined };
      },
    }),
  }),
  'each event twice': async function* (lines) {
    for await (const line of lines) {
      yield line;
      yield line;
    }
  },
  late: async function* (lines) {
    const events = lines[Symbol.asyncIterator]();
    const delayed = () => {
      const event = events.next().then((next) => sleep(LATE_MS, next));
      // Taken where it is awaited, unless the sender hangs up first.
      event.catch(() => {});
      return event;
    };
    // All on their way at a time: each is late, but none by more than the others.
    const onTheWay = Array.from({ length: 500 }, delayed);
    for (let event = await onTheWay.shift()!; !event.done; event = await onTheWay.shift()!) {
      onTheWay.push(delayed());
      yield event.value;
    }
  },
};

/** What may befall the call that opens a watch anew after it was closed. */
export const REWATCH_FAULTS: Record<string, CallFault> = {
  '410': answered(EXPIRED),
  '429': CALL_FAULTS['429']!,
  '500': CALL_FAULTS['500']!,
  'connection reset': CALL_FAULTS['connection reset']!,
};
