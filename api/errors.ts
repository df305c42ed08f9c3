import type { ErrorRequestHandler, Response } from 'express';
import { ApiError } from '../kube/api-error.ts';
import { errorMessage, type Log } from '../kube/log.ts';
import { unknownJob } from './routes/status.ts';

/** Answers with a sentence in plain text. */
export function refuse(response: Response, status: number, sentence: string): void {
  response.status(status).type('text').send(sentence);
}

/** The one place that turns a failure into an answer. */
export const errorHandler =
  (log: Log): ErrorRequestHandler =>
  (error, request, response, next) => {
    if (response.headersSent) return next(error);
    // What Express itself refuses: a path that cannot be decoded.
    if (error.status >= 400 && error.status < 500) {
      if (request.path.startsWith('/status/')) return unknownJob(response);
      return refuse(response, error.status, 'Expected a path of valid percent-encoding.');
    }
    log('request failed', { method: request.method, path: request.path.slice(0, 200), error: errorMessage(error) });
    if (error instanceof ApiError && error.code < 500 && error.code !== 429) {
      return refuse(response, 500, 'The cluster refused the request; the log of the API says why.');
    }
    response.set('Retry-After', String((error instanceof ApiError && error.retryAfterSeconds) || 2));
    refuse(response, 503, 'The Kubernetes API server cannot be reached right now. Try again.');
  };
