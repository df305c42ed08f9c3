import type { RequestHandler } from 'express';

/** While the service stops, sends `Connection: close`: the client's next request opens a connection to another replica. */
export const closeConnectionsWhileStopping =
  (stopping: AbortSignal): RequestHandler =>
  (_request, response, next) => {
    if (stopping.aborted) response.set('Connection', 'close');
    next();
  };
