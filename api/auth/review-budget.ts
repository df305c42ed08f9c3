import { ServiceUnavailable } from '../http/http-error.ts';
import { FairQueue } from './fair-queue.ts';

interface Limits {
  /** Reviews sent and not answered. */
  inFlight: number;
  /** Reviews that wait to be sent, of new tokens; and as many of tokens that were valid before. */
  waiting: number;
  /** How long a review may wait to be sent, milliseconds. */
  maxWaitMs: number;
}

interface Token {
  /** Whose turn it counts as. */
  address: string;
  wasValid: boolean;
}

interface Waiter {
  send(): void;
  refuse(): void;
}

const LIMITS: Limits = { inFlight: 16, waiting: 1000, maxWaitMs: 10_000 };
const RETRY_AFTER_SECONDS = 2;
const BUSY = 'Too many tokens wait for their review at the moment. Try again.';

/**
 * Limits the reviews of tokens in flight. Tokens that were valid before go first. New ones wait in a queue that is fair by
 * address, because anyone can send any number of wrong tokens, and only a review can tell a valid one from them.
 */
export class ReviewBudget {
  readonly #limits: Limits;
  readonly #renewals = new FairQueue<Waiter>();
  readonly #newcomers = new FairQueue<Waiter>();
  #inFlight = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** What `ask` resolves with, once there is room for it. Throws what `ask` throws, and ServiceUnavailable if it waits too long. */
  async run<T>(token: Token, ask: () => Promise<T>): Promise<T> {
    if (this.#inFlight < this.#limits.inFlight) this.#inFlight += 1;
    else await this.#wait(token);
    try {
      return await ask();
    } finally {
      // A waiter takes over the place, so that no later call can take it first.
      const next = this.#renewals.take() ?? this.#newcomers.take();
      if (next) next.send();
      else this.#inFlight -= 1;
    }
  }

  /** Resolves when a review that ended has given its place to this one. */
  #wait({ address, wasValid }: Token): Promise<void> {
    const queue = wasValid ? this.#renewals : this.#newcomers;
    return new Promise((resolve, reject) => {
      const refuse = () => {
        clearTimeout(timer);
        queue.remove(address, waiter);
        reject(new ServiceUnavailable(RETRY_AFTER_SECONDS, 'the queue of token reviews is full or slow', BUSY));
      };
      const send = () => {
        clearTimeout(timer);
        resolve();
      };
      const waiter: Waiter = { send, refuse };
      const timer = setTimeout(refuse, this.#limits.maxWaitMs);
      queue.add(address, waiter);
      // Who sends most makes room, so that a flood from one address does not shut out the others.
      if (queue.size > this.#limits.waiting) queue.takeFromLongest()?.refuse();
    });
  }
}
