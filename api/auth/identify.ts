import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { ANONYMOUS } from '../http/caller.ts';
import { contextOf } from '../http/context.ts';
import { HttpError } from '../http/http-error.ts';
import { type Rate, RateLimit } from '../http/rate-limit.ts';
import type { Auth } from './auth.ts';

/** Whoever guesses tokens is not to make others look at each of them. */
const WRONG_TOKENS = { perSecond: 1, burst: 20 };

const MAX_KNOWN = 10_000;

/** Finds out who sends a request, and refuses those who send too many. */
export function identify({ auth, rate }: { auth: Pick<Auth, 'identify'>; rate?: Rate }): RequestHandler {
  const limit = rate && new RateLimit(rate);
  const wrong = new RateLimit(WRONG_TOKENS);
  // Hashes of what was right before: behind one address others may guess.
  const known = new Set<string>();
  return async (request, response, next) => {
    const context = contextOf(response);
    const address = `${request.ip}`;
    const given = createHash('sha256')
      .update(request.get('authorization') ?? '')
      .digest('base64');
    if (!known.has(given)) wrong.check(address);
    try {
      context.caller = await auth.identify(request);
      known.add(given);
      if (known.size > MAX_KNOWN) known.delete(known.values().next().value!);
    } catch (error) {
      known.delete(given);
      if (error instanceof HttpError && error.status === 401) wrong.take(address);
      throw error;
    }
    context.rateLimitKey = context.caller === ANONYMOUS ? address : context.caller.name;
    limit?.take(context.rateLimitKey);
    next();
  };
}
