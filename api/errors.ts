import type { ErrorRequestHandler, Response } from 'express';
import { errorMessage, type Log } from '../kube/log.ts';
import { Refusal, Unavailable, unknownJob } from './refusal.ts';

const UNAVAILABLE = 'The Kubernetes API server cannot be reached right now. Try again.';
const FAULT = 'Something went wrong here; the log of the API says what.';

/** The one place that turns a failure into an answer. */
export const errorHandler =
  (log: Log): ErrorRequestHandler =>
  (error, request, response, next) => {
    const about = { method: request.method, path: request.path.slice(0, 200), error: errorMessage(error) };
    if (response.headersSent) {
      log('request broke off', about);
      return next(error);
    }
    if (error instanceof Refusal) return answer(response, error);
    if (error.status >= 400 && error.status < 500) return answer(response, refusalOf(error, request.path));
    if (error instanceof Unavailable) {
      log('API server not available', about);
      return answer(response, new Refusal(503, UNAVAILABLE, { 'Retry-After': String(error.retryAfterSeconds) }));
    }
    log('request failed', { ...about, stack: error?.stack });
    answer(response, new Refusal(500, FAULT));
  };

const answer = (response: Response, { status, message, headers }: Refusal): void => {
  response.status(status).set(headers).type('text').send(message);
};

/** What Express itself refuses: a path that cannot be decoded, a body that cannot be read. */
function refusalOf(error: { status: number; type?: string }, path: string): Refusal {
  switch (error.type) {
    case 'entity.too.large':
      return new Refusal(413, 'Expected a smaller body.');
    case 'entity.parse.failed':
      return new Refusal(400, 'Expected a JSON object as body, got something else.');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Refusal(415, 'Expected a body in UTF-8, plain or compressed with gzip, deflate or br.');
    case undefined:
      if (path.startsWith('/status/')) return unknownJob();
      return new Refusal(error.status, 'Expected a path of valid percent-encoding.');
    default:
      return new Refusal(error.status, 'Expected a whole body of the length that Content-Length gives.');
  }
}
