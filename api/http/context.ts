import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Log } from '../../process/log.ts';
import { ANONYMOUS, type Caller } from './caller.ts';

/** What is known of a request before its route sees it. */
export interface Context {
  /** Goes back as X-Request-Id and into every line of the log. */
  id: string;
  caller: Caller;
  /** Whose requests this one counts among: the caller's, or an address's where callers do not say who they are. */
  rateLimitKey: string;
  /** The run that it is about, once that is known. */
  run?: string;
  /** W3C trace context, to be carried on. */
  traceparent?: string;
  log: Log;
}

/** Harmless in a log, a header and an annotation. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Version 00 of https://www.w3.org/TR/trace-context/; ids of zeros only are invalid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export const contextOf = (response: Response): Context => response.locals.context as Context;

/** Gives each request its context. What a caller sends for one is used only where it is well-formed. */
export const requestContext =
  (log: Log): RequestHandler =>
  (request: Request, response, next) => {
    const given = request.get('x-request-id') ?? '';
    const id = REQUEST_ID.test(given) ? given : randomUUID();
    const trace = request.get('traceparent') ?? '';
    const context: Context = {
      id,
      caller: ANONYMOUS,
      rateLimitKey: '',
      ...(TRACEPARENT.test(trace) && { traceparent: trace }),
      log: (message, fields, level) => log(message, { request: id, caller: context.caller.name, ...fields }, level),
    };
    response.locals.context = context;
    response.set('X-Request-Id', id);
    next();
  };
