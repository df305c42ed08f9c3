import { once } from 'node:events';
import { Router } from 'express';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { Deps } from '../deps.ts';
import { openLongLived } from '../hold/long-lived.ts';
import { setAge } from '../http/cache-age.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdPath, REFUSED } from '../openapi/shared.ts';
import { RunChanges } from '../runs/run-changes.ts';
import { ServerSentEvent } from '../views/schemas.ts';
import { allSeen, eventsSince, nothingSeen, parseSeen, type SseEvent } from '../views/sse.ts';
import { runById } from './lookup.ts';

const LastEventId = z.object({
  'Last-Event-ID': z
    .string()
    .optional()
    .describe('The id of the last event that was seen: only what came after it is sent.'),
});

export const eventOperations: ZodOpenApiPathsObject = {
  '/runs/{id}/events': {
    get: {
      operationId: 'followRun',
      summary: 'Each change of state as Server-Sent Events, until the run is over.',
      requestParams: { path: IdPath, header: LastEventId },
      responses: {
        200: {
          description: 'Events named `job` and `run`.',
          content: { 'text/event-stream': { schema: ServerSentEvent } },
        },
        204: { description: 'All was seen, and the run is over.' },
        default: REFUSED,
      },
    },
  },
};

/** Proxies end connections that are silent for longer; many after 60 s. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': nothing new\n\n';
/** Then the client comes back by itself, as who it is by then. */
const MAX_MS = 15 * 60_000;
/** A client that takes nothing for this long has gone. */
const STUCK_MS = 30_000;

/**
 * `GET /runs/:id/events`: each change of state as Server-Sent Events. Ends when the run is over; who then comes back with
 * Last-Event-ID gets 204, by which an EventSource knows not to come again.
 */
export function eventRoutes(deps: Deps): Router {
  const router = Router();
  // Express would route HEAD to the GET handler, which holds the answer open.
  router.head('/runs/:id/events', methodNotAllowed('GET'));
  router.get('/runs/:id/events', async (request, response) => {
    const { id } = request.params;
    const run = await runById(deps, response, id);
    let seen = parseSeen(request.get('last-event-id') ?? '', run.spec.jobs.length) ?? nothingSeen(run);
    setAge(deps.runs, response);
    if (allSeen(seen)) {
      response.status(204).end();
      return;
    }
    const { signal, release } = openLongLived(deps, response, MAX_MS);
    const changes = new RunChanges(deps.runs, id);
    response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }).flushHeaders();
    /** Whether the client still takes what it is sent; what it is slow to take is not piled up. */
    const send = async (text: string): Promise<boolean> =>
      response.write(text) ||
      once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(STUCK_MS)]) }).then(
        () => true,
        () => false,
      );
    try {
      let taken = await send('retry: 2000\n\n');
      while (taken && !signal.aborted && !allSeen(seen)) {
        const current = await deps.runs.find(id);
        if (!current) break;
        const { events, seen: now } = eventsSince(seen, current);
        seen = now;
        taken = await send(events.map(format).join('') || HEARTBEAT);
        if (!allSeen(seen)) await changes.next(HEARTBEAT_MS, signal);
      }
      if (taken) response.end();
      else response.destroy();
    } finally {
      changes.close();
      release();
    }
  });
  router.all('/runs/:id/events', methodNotAllowed('GET'));
  return router;
}

/** JSON has no line breaks of its own, so nothing in a message can end an event or begin one. */
const format = ({ id, event, data }: SseEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
