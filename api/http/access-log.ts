import type { RequestHandler } from 'express';
import type { LogLevel } from '../../process/log.ts';
import { contextOf } from './context.ts';

/** Methods as they come would let a caller make up as many time series as they like. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts one request by method, route and status code; seconds until it was answered or broke off. */
type ObserveRequest = (method: string, route: string, code: number, seconds: number) => void;

/** Logs and counts each request once it is answered, or broke off. */
export const accessLog =
  (observe: ObserveRequest): RequestHandler =>
  (request, response, next) => {
    const from = performance.now();
    response.once('close', () => {
      const ms = Math.round(performance.now() - from);
      const { log, run } = contextOf(response);
      const route = typeof request.route?.path === 'string' ? request.route.path : 'none';
      const method = METHODS.has(request.method) ? request.method : 'other';
      const { statusCode } = response;
      observe(method, route, statusCode, ms / 1000);
      const path = request.originalUrl.slice(0, 200);
      log(
        'request',
        { method, path, status: statusCode, ms, run, brokeOff: !response.writableFinished || undefined },
        level(method, statusCode),
      );
    });
    next();
  };

/** What only looked is of little interest, and there is much of it. */
function level(method: string, status: number): LogLevel {
  if (status >= 500) return 'error';
  return status < 400 && (method === 'GET' || method === 'HEAD') ? 'debug' : 'info';
}
