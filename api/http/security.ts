import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { HttpError } from './http-error.ts';
import { isLoopback } from './loopback.ts';

/** Long enough for every address there is here. */
const MAX_URL = 8192;

/** Headers by which a browser makes nothing of an answer but what it is. */
export const securityHeaders = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
  });

/** Refuses an absurd address; not that of a status, where any id has the contract's answer. */
export const limitUrlLength: RequestHandler = (request, _response, next) => {
  if (request.url.length > MAX_URL && !request.path.startsWith('/status/')) {
    throw new HttpError(414, `Expected an address of at most ${MAX_URL} characters.`);
  }
  next();
};

/**
 * Refuses a request for another host. A page can have its own name lead to this machine (DNS rebinding), and would then be
 * let in as from this machine.
 */
export const requireLoopbackHost: RequestHandler = (request, _response, next) => {
  const host = (request.get('host') ?? '').replace(/:\d+$/, '');
  if (!isLoopback(host)) {
    const sentence = 'Expected the host localhost, since this service is for this machine only (see ALLOW_ANONYMOUS).';
    throw new HttpError(403, sentence);
  }
  next();
};

/** Refuses what another site's page sends to change something; browsers say so (Fetch metadata, or else Origin). */
export const csrf: RequestHandler = (request, _response, next) => {
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method) && isCrossSite(request)) {
    throw new HttpError(403, 'A page of another site cannot change anything here.');
  }
  next();
};

/** To another machine over plain HTTP browsers leave Sec-Fetch-Site out (Fetch Metadata, 2). */
function isCrossSite(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site === 'cross-site';
  const origin = request.get('origin');
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== request.host;
}
