import type { RequestHandler, Response } from 'express';
import type { Deps } from '../deps.ts';

/** Answers with what the cache holds; while the API server or the watch is silent, marked with how old it may be (RFC 9111, 5.1 and RFC 7234, 5.5.1). */
export function answerFromCache({ runs }: Pick<Deps, 'runs'>, response: Response, body: unknown): void {
  markAge({ runs }, response);
  response.json(body);
}

/** Sets the headers that say how old the answer may be. */
export function markAge({ runs }: Pick<Deps, 'runs'>, response: Response): void {
  const seconds = runs.staleSeconds;
  response.set('Cache-Control', 'no-store');
  if (seconds > 0) response.set({ Age: String(seconds), Warning: '110 async-api "Response is Stale"' });
}

/** While the service stops, each answer asks the client to come back on another connection, which leads to another replica. */
export const lastAnswers =
  ({ stopping }: Pick<Deps, 'stopping'>): RequestHandler =>
  (_request, response, next) => {
    if (stopping.aborted) response.set('Connection', 'close');
    next();
  };
