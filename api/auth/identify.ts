import type { RequestHandler } from 'express';
import { ANONYMOUS } from '../http/caller.ts';
import { clientNetwork } from '../http/client-network.ts';
import { contextOf } from '../http/context.ts';
import { type Rate, RateLimit } from '../http/rate-limit.ts';
import type { Auth } from './auth.ts';

/**
 * Authenticates each request, and limits the rate of each caller. Throws an HttpError (401, 429). Failures count against no
 * address: others behind it may have valid tokens.
 */
export function identify({ auth, rate }: { auth: Pick<Auth, 'identify'>; rate?: Rate }): RequestHandler {
  const limit = rate && new RateLimit(rate);
  return async (request, response, next) => {
    const context = contextOf(response);
    context.caller = await auth.identify(request);
    context.rateLimitKey = context.caller === ANONYMOUS ? clientNetwork(`${request.ip}`) : context.caller.name;
    limit?.take(context.rateLimitKey);
    next();
  };
}
