import type { RequestHandler } from 'express';
import { contextOf } from '../context.ts';
import type { Deps } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';
import { Refusal } from '../refusal.ts';
import { ANONYMOUS } from './auth.ts';

/** Whoever guesses tokens is not to make others look at each of them. */
const WRONG_TOKENS = { perSecond: 1, burst: 20 };

/** Finds out who sends a request, and refuses those who send too many. */
export function identify({ auth, rate }: Pick<Deps, 'auth' | 'rate'>): RequestHandler {
  const limit = rate && new RateLimit(rate);
  const wrong = new RateLimit(WRONG_TOKENS);
  return async (request, response, next) => {
    const context = contextOf(response);
    const address = `${request.ip}`;
    wrong.check(address);
    try {
      context.caller = await auth.identify(request);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) wrong.take(address);
      throw error;
    }
    context.countedAs = context.caller === ANONYMOUS ? address : context.caller.name;
    limit?.take(context.countedAs);
    next();
  };
}
