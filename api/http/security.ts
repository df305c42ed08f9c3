import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { HttpError } from './http-error.ts';
import { isLoopback } from './loopback.ts';

/**
 * Names and values of the header fields that forbid browsers to sniff the media type, to frame a response and to load anything
 * for it. They are the same for every response, so helmet is asked only once.
 */
export function securityFields(): readonly string[] {
  const setFields = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
  });
  const fields: string[] = [];
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.setHeader = (name, value) => {
    fields.push(name, String(value));
    return response;
  };
  setFields(response.req, response, (error) => {
    if (error) throw error;
  });
  return fields;
}

/** Rejects requests with several Host fields (RFC 9112, 3.2): a proxy and this service could act on different ones. */
export const requireOneHost: RequestHandler = (request, _response, next) => {
  const isHost = (text: string, index: number) => index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host';
  if (request.rawHeaders.filter(isHost).length > 1) throw new HttpError(400, 'Expected one Host field, got several.');
  next();
};

/** Rejects requests whose Host is not loopback: a page can point its own host name at 127.0.0.1 (DNS rebinding). */
export const requireLoopbackHost: RequestHandler = (request, _response, next) => {
  const host = (request.get('host') ?? '').replace(/:\d+$/, '');
  if (!isLoopback(host)) {
    const sentence = 'Expected the host localhost, since this service is for this machine only (see ALLOW_ANONYMOUS).';
    throw new HttpError(403, sentence);
  }
  next();
};

/** Rejects unsafe requests that a browser sends for a page of another origin (CSRF). */
export const csrf: RequestHandler = (request, _response, next) => {
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method) && isCrossSite(request)) {
    throw new HttpError(403, 'A page of another site cannot change anything here.');
  }
  next();
};

/** Whether Sec-Fetch-Site names a page of another origin; same-site is another scheme, port or subdomain. */
export const isOtherOrigin = (site: string | undefined): boolean => site === 'cross-site' || site === 'same-site';

/** Falls back to Origin: browsers omit Sec-Fetch-Site on plain HTTP to another machine (Fetch Metadata, 2). */
function isCrossSite(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return isOtherOrigin(site);
  const origin = request.get('origin');
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== request.host;
}
