import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Log } from '../../process/log.ts';
import { ANONYMOUS, type Caller } from './caller.ts';

/** What handlers and the log know of a request. */
export interface Context {
  /** Sent as X-Request-Id, and part of every log line. */
  id: string;
  caller: Caller;
  /** Rate and concurrency limits count by this: the caller's name, or the address of an anonymous caller. */
  rateLimitKey: string;
  /** Id of the run that the request is about, once known. */
  run?: string;
  /** W3C trace context, stored with a run that the request starts. */
  traceparent?: string;
  log: Log;
}

/** Safe in a log line, a header field and an annotation. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Version 00 of https://www.w3.org/TR/trace-context/; ids of zeros only are invalid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export const contextOf = (response: Response): Context => response.locals.context as Context;

/** Gives each request its context. Replaces a malformed X-Request-Id and ignores a malformed traceparent. */
export const requestContext =
  (log: Log): RequestHandler =>
  (request: Request, response, next) => {
    const requestId = request.get('x-request-id') ?? '';
    const id = REQUEST_ID.test(requestId) ? requestId : randomUUID();
    const traceparent = request.get('traceparent') ?? '';
    const context: Context = {
      id,
      caller: ANONYMOUS,
      rateLimitKey: '',
      ...(TRACEPARENT.test(traceparent) && { traceparent }),
      log: (message, fields, level) => log(message, { request: id, caller: context.caller.name, ...fields }, level),
    };
    response.locals.context = context;
    next();
  };
