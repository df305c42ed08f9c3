import type { RequestHandler, Response } from 'express';

/** For how many seconds the cache may have missed something; 0 where it is current. */
interface CacheAge {
  readonly cacheAgeSeconds: number;
}

/** Answers with what the cache holds; while the API server or the watch is silent, marked with how old it may be (RFC 9111, 5.1 and RFC 7234, 5.5.1). */
export function answerFromCache(cache: CacheAge, response: Response, body: unknown): void {
  setAge(cache, response);
  response.json(body);
}

/** Sets the headers that say how old the answer may be. */
export function setAge({ cacheAgeSeconds: seconds }: CacheAge, response: Response): void {
  response.set('Cache-Control', 'no-store');
  if (seconds > 0) response.set({ Age: String(seconds), Warning: '110 async-api "Response is Stale"' });
}

/** While the service stops, each answer asks the client to come back on another connection, which leads to another replica. */
export const closeConnectionsWhileStopping =
  (stopping: AbortSignal): RequestHandler =>
  (_request, response, next) => {
    if (stopping.aborted) response.set('Connection', 'close');
    next();
  };
