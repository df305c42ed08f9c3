import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { LRUCache } from 'lru-cache';
import { ANONYMOUS } from '../http/caller.ts';
import { contextOf } from '../http/context.ts';
import { HttpError } from '../http/http-error.ts';
import { type Rate, RateLimit } from '../http/rate-limit.ts';
import type { Auth } from './auth.ts';

/** Failed authentications of one address. Each may cost a request to the API server or the issuer. */
const FAILURES = { perSecond: 1, burst: 20 };

const MAX_KNOWN = 10_000;

/** Authenticates each request, and limits the rate of each caller. Throws an HttpError (401, 429). */
export function identify({ auth, rate }: { auth: Pick<Auth, 'identify'>; rate?: Rate }): RequestHandler {
  const limit = rate && new RateLimit(rate);
  const failures = new RateLimit(FAILURES);
  // Hashes of Authorization headers that were valid before. They skip the limit of failures, since others behind the same
  // address may be guessing.
  const known = new LRUCache<string, true>({ max: MAX_KNOWN });
  return async (request, response, next) => {
    const context = contextOf(response);
    const address = `${request.ip}`;
    const hash = createHash('sha256')
      .update(request.get('authorization') ?? '')
      .digest('base64');
    if (!known.has(hash)) failures.check(address);
    try {
      context.caller = await auth.identify(request);
      known.set(hash, true);
    } catch (error) {
      // Any other error says nothing of the token.
      if (error instanceof HttpError && error.status === 401) {
        known.delete(hash);
        failures.take(address);
      }
      throw error;
    }
    context.rateLimitKey = context.caller === ANONYMOUS ? address : context.caller.name;
    limit?.take(context.rateLimitKey);
    next();
  };
}
