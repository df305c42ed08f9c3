import type { RequestHandler } from 'express';
import type { LogLevel } from '../../process/log.ts';
import { contextOf } from './context.ts';

/** Any other method is counted as `other`: a caller must not be able to create time series. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts one request. `seconds` ends when the response was sent or the connection closed. */
type ObserveRequest = (method: string, route: string, code: number, seconds: number) => void;

/** Logs and counts each request when its response was sent or its connection closed. */
export const accessLog =
  (observe: ObserveRequest): RequestHandler =>
  (request, response, next) => {
    const from = performance.now();
    response.on('close', () => {
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

/** Successful reads are frequent and say little, so only debug shows them. */
function level(method: string, status: number): LogLevel {
  if (status >= 500) return 'error';
  return status < 400 && (method === 'GET' || method === 'HEAD') ? 'debug' : 'info';
}
