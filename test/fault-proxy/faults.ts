import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, EXPIRED, INTERNAL_ERROR, LATE_MS, statusAnswer, TIMEOUT, TOO_MANY_REQUESTS } from './answer.ts';
import type { Exchange } from './proxy.ts';

/** What a fault can do besides changing an answer: to our processes, to the cluster, to clocks. */
export interface FaultContext {
  /** How long a lease lasts without a renewal. */
  leaseMs: number;
  /** Sends SIGKILL and starts the process again. Resolves when the old process has ended. */
  kill(sender: string): Promise<void>;
  /** Sends SIGSTOP. */
  pause(sender: string): void;
  /** Sends SIGCONT. */
  resume(sender: string): void;
  /** Moves the process' wall clock by so many seconds. */
  moveClock(sender: string, seconds: number): Promise<void>;
  /** Stops a component of the cluster and starts it again. Resolves when the API server is ready. */
  restart(component: string, signal: NodeJS.Signals): Promise<void>;
  /** Holds all traffic between this process and the API server for so long, then cuts the connections. */
  partition(sender: string, ms: number): Promise<void>;
  /** Gives this answer to every call of this process for so long. */
  refuse(sender: string, answer: Answer, ms: number): Promise<void>;
  /** Answers 429 to every call of this process for so long, and cuts its watches, so that opening them is answered so too. */
  throttle(sender: string, ms: number): Promise<void>;
  /** Injects this fault into the sender's next call with that label. */
  arm(sender: string, label: string, fault: CallFault): void;
  /** The answer to this list before the trial began. */
  earlier(url: string): Answer;
}

export type CallFault = (exchange: Exchange, context: FaultContext) => Promise<void>;

/** Longer than the client's own three attempts take. */
const OUTAGE_MS = 5000;
/** Longer than what waits for the API server, such as a lease, a caller's request and the retries of both. */
const THROTTLED_MS = 30_000;

const answered =
  (answer: Answer): CallFault =>
  async (exchange) =>
    exchange.answer(answer);
const pass: CallFault = async (exchange) => exchange.answer(await exchange.forward());

/** Faults of any call. */
export const CALL_FAULTS: Record<string, CallFault> = {
  'killed before': async (exchange, context) => {
    await context.kill(exchange.call.sender);
    exchange.cut();
  },
  'killed after': async (exchange, context) => {
    await exchange.forward();
    await context.kill(exchange.call.sender);
    exchange.cut();
  },
  'answer lost': async (exchange) => {
    await exchange.forward();
    exchange.cut();
  },
  'connection reset': async (exchange) => exchange.cut(),
  '409': answered(statusAnswer(409, 'Conflict')),
  '429': answered(TOO_MANY_REQUESTS),
  '500': answered(INTERNAL_ERROR),
  '504': answered(TIMEOUT),
  '504 after commit': async (exchange) => {
    await exchange.forward();
    exchange.answer(TIMEOUT);
  },
};

/** Faults of any call that take longer; one scenario alone gets them. */
export const LONG_FAULTS: Record<string, CallFault> = {
  late: async (exchange, context) => {
    await sleep(LATE_MS);
    await pass(exchange, context);
  },
  '429 for 5 s': async (exchange, context) => {
    exchange.answer(TOO_MANY_REQUESTS);
    await context.refuse(exchange.call.sender, TOO_MANY_REQUESTS, OUTAGE_MS);
  },
  'throttled for 30 s': async (exchange, context) => {
    exchange.answer(TOO_MANY_REQUESTS);
    await context.throttle(exchange.call.sender, THROTTLED_MS);
  },
  '500 for 5 s': async (exchange, context) => {
    exchange.answer(INTERNAL_ERROR);
    await context.refuse(exchange.call.sender, INTERNAL_ERROR, OUTAGE_MS);
  },
};

/** Faults of a leader's call while a standby waits for the lease: the call arrives when the standby leads. */
export const LEADER_FAULTS: Record<string, CallFault> = {
  'stopped past the lease': async (exchange, context) => {
    context.pause(exchange.call.sender);
    await sleep(2 * context.leaseMs + 1000);
    const answer = await exchange.forward();
    context.resume(exchange.call.sender);
    exchange.answer(answer);
  },
  'partitioned past the lease': async (exchange, context) => {
    await context.partition(exchange.call.sender, 2 * context.leaseMs + 1000);
    await exchange.forward();
    exchange.cut();
  },
};

const moved =
  (seconds: number): CallFault =>
  async (exchange, context) => {
    await context.moveClock(exchange.call.sender, seconds);
    await pass(exchange, context);
  };
export const CLOCK_FAULTS: Record<string, CallFault> = { 'clock +1 h': moved(3600), 'clock -1 h': moved(-3600) };

const restarted =
  (component: string, signal: NodeJS.Signals): CallFault =>
  async (exchange, context) => {
    await context.restart(component, signal);
    await pass(exchange, context);
  };
/** Faults of the cluster: they affect every trial on it. */
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

/** Faults of a list. */
export const LIST_FAULTS: Record<string, CallFault> = {
  stale: async (exchange, context) => exchange.answer(context.earlier(exchange.url)),
  late: LONG_FAULTS.late!,
  '410 in the middle': async (exchange, context) => {
    const url = new URL(exchange.url, 'http://localhost');
    context.arm(exchange.call.sender, exchange.call.label, answered(EXPIRED));
    // With one object a page, a next page exists that can fail.
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

/** Faults of the call that reopens a closed watch. */
export const REWATCH_FAULTS: Record<string, CallFault> = {
  '410': answered(EXPIRED),
  '429': CALL_FAULTS['429']!,
  '500': CALL_FAULTS['500']!,
  'connection reset': CALL_FAULTS['connection reset']!,
};
