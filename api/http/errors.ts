import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, Response } from 'express';
import { errorMessage } from '../../process/log.ts';
import { formatProblem } from '../catalog/problem.ts';
import { contextOf } from './context.ts';
import { HttpError, ServiceUnavailable, unknownJob } from './http-error.ts';

const INTERNAL_ERROR = 'Something went wrong here; the log of the API says what.';

/** The only place that turns an error into a response. */
export const errorHandler: ErrorRequestHandler = (error, request, response, next) => {
  const { log } = contextOf(response);
  const details = { method: request.method, path: request.path.slice(0, 200), error: errorMessage(error) };
  if (response.headersSent) {
    log('answer broke off', details, 'warn');
    return next(error);
  }
  if (error instanceof HttpError) return respond(request, response, error);
  if (error instanceof ServiceUnavailable) {
    log('cannot be asked', details, 'warn');
    const headers = { 'Retry-After': String(error.retryAfterSeconds) };
    return respond(request, response, new HttpError(503, error.message, { headers }));
  }
  if (error.status >= 400 && error.status < 500) return respond(request, response, toHttpError(error, request.path));
  log('request failed', { ...details, stack: error?.stack }, 'error');
  respond(request, response, new HttpError(500, INTERNAL_ERROR));
};

/** Responds with plain text, as the earlier service did, or with Problem Details (RFC 9457) to clients that prefer JSON. */
function respond(request: Request, response: Response, { status, message, headers, problems }: HttpError): void {
  // Without no-store a cache may store and reuse a 404 or 410 (heuristic freshness, RFC 9111, 4.2.2).
  response.status(status).set('Cache-Control', 'no-store').set(headers).vary('Accept');
  const mediaType = request.accepts(['text/plain', 'application/problem+json', 'application/json']);
  if (mediaType === 'application/problem+json' || mediaType === 'application/json') {
    const title = STATUS_CODES[status];
    const list = problems.length > 0 ? { problems } : {};
    const body = { type: 'about:blank', title, status, detail: message, ...list, requestId: contextOf(response).id };
    response.type('application/problem+json').send(JSON.stringify(body));
    return;
  }
  response.type('text').send([message, ...problems.map((problem) => `  ${formatProblem(problem)}`)].join('\n'));
}

/** The HttpError for an error of Express itself: a path it cannot decode, a body it cannot read. */
function toHttpError(error: { status: number; type?: string }, path: string): HttpError {
  switch (error.type) {
    case 'entity.too.large':
      return new HttpError(413, 'Expected a smaller body.');
    case 'entity.parse.failed':
      return new HttpError(400, 'Expected a JSON object as body, got something else.');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new HttpError(415, 'Expected a body in UTF-8, plain or compressed with gzip, deflate or br.');
    case undefined:
      if (path.startsWith('/status/')) return unknownJob();
      return new HttpError(error.status, 'Expected a path of valid percent-encoding.');
    default:
      return new HttpError(error.status, 'Expected a whole body of the length that Content-Length gives.');
  }
}
