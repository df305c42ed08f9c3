import type { IRouter } from 'express';
import * as z from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { Deps } from '../deps.ts';
import { formatEvent, HEARTBEAT, HEARTBEAT_MS, openEventStream, RETRY } from '../hold/event-stream.ts';
import { setAge } from '../http/cache-age.ts';
import { contextOf } from '../http/context.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdPath, REFUSED } from '../openapi/shared.ts';
import { RunChanges } from '../runs/run-changes.ts';
import { ServerSentEvent } from '../views/schemas.ts';
import { eventsSince, initialCursor, isAtEnd, parseEventId } from '../views/sse.ts';
import { checkAgain, runById } from './lookup.ts';

const LastEventId = z.object({
  'Last-Event-ID': z
    .string()
    .optional()
    .describe('The id of the last event that was seen: only what came after it is sent. At most 6,002 characters.'),
});

export const eventOperations: ZodOpenApiPathsObject = {
  '/runs/{id}/events': {
    get: {
      operationId: 'followRun',
      summary: 'Each change of a state, or of the reason of a job, as Server-Sent Events, until the run is over.',
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

/**
 * `GET /runs/:id/events`: each change of a job's state or reason, and of the run's state, as Server-Sent Events, until the run
 * is finished. A client that then reconnects with its Last-Event-ID gets 204, which tells an EventSource to stop.
 */
export function eventRoutes(router: IRouter, deps: Deps): void {
  // Express would otherwise route HEAD to the GET handler, which keeps the response open.
  router.head('/runs/:id/events', methodNotAllowed('GET'));
  router.get('/runs/:id/events', async (request, response) => {
    const { id } = request.params;
    const run = await runById(deps, response, id);
    let cursor = parseEventId(request.get('last-event-id') ?? '', run.spec.jobs.length) ?? initialCursor(run);
    setAge(deps.runs, response);
    if (isAtEnd(cursor)) {
      response.status(204).end();
      return;
    }
    const stream = openEventStream(deps, response, checkAgain(deps, request, response, id));
    const changes = new RunChanges(deps.runs, id);
    try {
      await stream.send(RETRY);
      while (stream.isOpen && !isAtEnd(cursor)) {
        const current = await deps.runs.find(id, contextOf(response).rateLimitKey);
        if (!current) break;
        const { events, cursor: next } = eventsSince(cursor, current);
        cursor = next;
        if (events.length === 0) await stream.send(HEARTBEAT);
        // One by one: all of a large run are megabytes, which a client that reads nothing would keep in memory.
        for (const { id, event, data } of events)
          await stream.send(formatEvent({ id, event, json: JSON.stringify(data) }));
        if (!isAtEnd(cursor)) await changes.next(HEARTBEAT_MS, stream.signal);
      }
    } finally {
      changes.close();
      stream.close();
    }
  });
  router.all('/runs/:id/events', methodNotAllowed('GET'));
}
