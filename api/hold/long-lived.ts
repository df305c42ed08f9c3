import type { Response } from 'express';
import type { Deps } from '../deps.ts';
import { contextOf } from '../http/context.ts';

/** What an answer that is held open may use, and must end with. */
export interface Held {
  /** Aborts when the caller has gone, time is up or the service stops. */
  signal: AbortSignal;
  release(): void;
}

/** Takes a slot for an answer that may stay open for `ms` milliseconds. Throws a Refusal where there are too many. */
export function hold({ slots, stopping }: Pick<Deps, 'slots' | 'stopping'>, response: Response, ms: number): Held {
  const giveBack = slots.take(contextOf(response).countedAs);
  const gone = new AbortController();
  const end = () => gone.abort();
  const timer = setTimeout(end, ms);
  response.once('close', end);
  stopping.addEventListener('abort', end, { once: true });
  // Who has gone before this says so no more.
  if (stopping.aborted || response.destroyed) end();
  return {
    signal: gone.signal,
    release() {
      clearTimeout(timer);
      stopping.removeEventListener('abort', end);
      giveBack();
    },
  };
}
