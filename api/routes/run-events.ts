import type { IRouter } from 'express';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { RunRecord } from '../../contract/run-record.ts';
import { sleep } from '../../process/sleep.ts';
import type { Deps } from '../deps.ts';
import {
  type EventStream,
  formatEvent,
  HEARTBEAT,
  HEARTBEAT_MS,
  openEventStream,
  RETRY,
} from '../hold/event-stream.ts';
import { setAge } from '../http/cache-age.ts';
import { contextOf } from '../http/context.ts';
import { queryOf } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { REFUSED } from '../openapi/shared.ts';
import { runSummary } from '../views/run-view.ts';
import { RunEventsQuery, RunsServerSentEvent } from '../views/schemas.ts';
import { RunFeed } from './run-feed.ts';

const LastEventId = z.object({
  'Last-Event-ID': z
    .string()
    .optional()
    .describe('The id of the last event that was seen: changes since then are sent, or the event `reset`.'),
});

export const runEventOperations: ZodOpenApiPathsObject = {
  '/runs/events': {
    get: {
      operationId: 'followRuns',
      summary: 'Each change of a run, as Server-Sent Events, from now on.',
      requestParams: { query: RunEventsQuery, header: LastEventId },
      responses: {
        200: {
          description: 'Events named `run`, `deleted` and `reset`.',
          content: { 'text/event-stream': { schema: RunsServerSentEvent } },
        },
        default: REFUSED,
      },
    },
  },
};

/** Changes of a run within this time are one event. */
const PAUSE_MS = 1000;
/** An event costs about 2 µs. With many streams the pauses grow, so that all of them together take about a tenth of a CPU. */
const PAUSE_MS_PER_EVENT = 0.02;
/** As many events as `reset` is worth: who gets it reads a page of the list. */
const EVENTS_OF_RESET = 100;
/** Characters that are written at once. */
const PIECE = 16_384;
/** Characters of the runs that were sent last, which other streams will send too. */
const MAX_TEXTS = 4_000_000;

/** `GET /runs/events`: each change of a run that the caller may see, as Server-Sent Events, from now or from Last-Event-ID on. */
export function runEventRoutes(router: IRouter, deps: Deps): void {
  const { changes } = deps.runs;
  const texts = new LRUCache<string, string>({ maxSize: MAX_TEXTS, sizeCalculation: ({ length }) => length });
  const textOf = (run: RunRecord): string => {
    const { resourceVersion } = run.metadata;
    const text = texts.get(resourceVersion) ?? JSON.stringify(runSummary(run));
    texts.set(resourceVersion, text);
    return text;
  };
  let openStreams = 0;
  const pauseMs = (events: number): number =>
    Math.min(HEARTBEAT_MS, Math.max(PAUSE_MS, events * openStreams * PAUSE_MS_PER_EVENT));
  // Express would otherwise route HEAD to the GET handler, which keeps the response open.
  router.head('/runs/events', methodNotAllowed('GET'));
  router.get('/runs/events', async (request, response) => {
    const filter = queryOf(RunEventsQuery, request);
    const position = parseId(request.get('last-event-id')) ?? changes.newest;
    const feed = new RunFeed({ deps, response, filter, position, textOf });
    await feed.ask();
    setAge(deps.runs, response);
    const stream = openEventStream(deps, response, async () => {
      contextOf(response).caller = await deps.auth.identify(request);
      await feed.ask();
    });
    openStreams += 1;
    try {
      await stream.send(RETRY);
      while (stream.isOpen) {
        const before = feed.position;
        const changed = await feed.changed();
        const id = String(feed.position);
        const events = changed ? feed.events(changed) : [formatEvent({ id, event: 'reset', json: '{}' })];
        // The id alone, so that a client without news does not fall behind.
        if (!(await sendInPieces(stream, events))) await stream.send(`id: ${id}\n${HEARTBEAT}`);
        const isPaused = !changed || feed.position !== before;
        const pause = isPaused ? pauseMs(changed?.length ?? EVENTS_OF_RESET) : 0;
        await sleep(pause, stream.signal);
        await changes.next(feed.position, HEARTBEAT_MS - pause, stream.signal);
      }
    } finally {
      openStreams -= 1;
      stream.close();
    }
  });
  router.all('/runs/events', methodNotAllowed('GET'));
}

/** The version in a Last-Event-ID; one that never was for any other text. */
function parseId(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
}

/** Sends the texts, and resolves with whether there were any. Takes each when there is room for it. */
async function sendInPieces(stream: EventStream, texts: Iterable<string>): Promise<boolean> {
  let piece = '';
  let isEmpty = true;
  for (const text of texts) {
    isEmpty = false;
    piece += text;
    if (piece.length < PIECE) continue;
    await stream.send(piece);
    piece = '';
  }
  if (piece !== '') await stream.send(piece);
  return !isEmpty;
}
