import { once } from 'node:events';
import type { IRouter } from 'express';
import * as z from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { Deps } from '../deps.ts';
import { openLongLived } from '../hold/long-lived.ts';
import { setAge } from '../http/cache-age.ts';
import { contextOf } from '../http/context.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdPath, REFUSED } from '../openapi/shared.ts';
import { RunChanges } from '../runs/run-changes.ts';
import { ServerSentEvent } from '../views/schemas.ts';
import { eventsSince, initialCursor, isAtEnd, parseEventId, type SseEvent } from '../views/sse.ts';
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

/** Shorter than the idle timeout of proxies, often 60 s. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': nothing new\n\n';
/** After this long the stream ends, and the client reconnects. */
const MAX_STREAM_MS = 15 * 60_000;
/** A client that reads nothing for this long is taken for gone. */
const WRITE_TIMEOUT_MS = 30_000;

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
    const { signal, release } = openLongLived(deps, response, {
      ms: MAX_STREAM_MS,
      recheck: checkAgain(deps, request, response, id),
    });
    const changes = new RunChanges(deps.runs, id);
    response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }).flushHeaders();
    /** Resolves when the client has room for more (backpressure); false if it has gone or reads nothing. */
    const send = async (text: string): Promise<boolean> =>
      response.write(text) ||
      once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(WRITE_TIMEOUT_MS)]) }).then(
        () => true,
        () => false,
      );
    try {
      let isReading = await send('retry: 2000\n\n');
      while (isReading && !signal.aborted && !isAtEnd(cursor)) {
        const current = await deps.runs.find(id, contextOf(response).rateLimitKey);
        if (!current) break;
        const { events, cursor: next } = eventsSince(cursor, current);
        cursor = next;
        if (events.length === 0) isReading = await send(HEARTBEAT);
        // One by one: all of a large run are megabytes, which a client that reads nothing would keep in memory.
        for (const event of events) isReading &&= await send(formatEvent(event));
        if (!isAtEnd(cursor)) await changes.next(HEARTBEAT_MS, signal);
      }
      if (isReading) response.end();
      else response.destroy();
    } finally {
      changes.close();
      release();
    }
  });
  router.all('/runs/:id/events', methodNotAllowed('GET'));
}

/** Line breaks of Unicode that JSON does not escape. They end no line of an event, but some clients take them for one (Python's splitlines). */
const OTHER_LINE_BREAKS = /[\u0085\u2028\u2029]/g;
const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON escapes line breaks, so no message or result can end an event or begin another. */
const formatEvent = ({ id, event, data }: SseEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data).replace(OTHER_LINE_BREAKS, escapeCharacter)}\n\n`;
