import { ApiError, type Http, send } from './http.ts';
import { pause } from './pause.ts';
import { EventParser, type ServerEvent } from './sse.ts';

/** live: events come. lost: the connection broke, and is tried again. ended: nothing more comes. refused: an error that stays. */
export type Link = 'connecting' | 'live' | 'lost' | 'ended' | 'refused';

export interface Follower {
  /** The events of one piece of the stream. */
  onEvents(events: ServerEvent[]): void;
  /** With `refused`, the error. */
  onLink(link: Link, error?: ApiError): void;
}

/** Three heartbeats of the service. */
const SILENCE_MS = 45_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 10_000;

/**
 * Follows a stream of Server-Sent Events until the signal aborts, and reconnects with Last-Event-ID. Unlike EventSource it can
 * send a token.
 */
export async function follow(
  http: Http,
  path: string,
  { onEvents, onLink }: Follower,
  signal: AbortSignal,
): Promise<void> {
  const parser = new EventParser();
  let retryMs = FIRST_RETRY_MS;
  onLink('connecting');
  while (!signal.aborted) {
    try {
      const isOver = await readOnce(http, path, parser, signal, {
        onOpen: () => {
          retryMs = FIRST_RETRY_MS;
          onLink('live');
        },
        onEvents,
      });
      if (isOver) return onLink('ended');
      // The service ends a stream after some minutes. A new one continues, so nothing is lost.
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && !error.isTemporary && error.status < 500) return onLink('refused', error);
      onLink('lost');
    }
    await pause(retryMs * (0.5 + Math.random()), signal);
    retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
  }
}

/** Reads one response to its end. Resolves to true if the service says that nothing more comes. */
async function readOnce(
  http: Http,
  path: string,
  parser: EventParser,
  signal: AbortSignal,
  { onOpen, onEvents }: { onOpen(): void; onEvents(events: ServerEvent[]): void },
): Promise<boolean> {
  const silence = new AbortController();
  const guard = setInterval(() => Date.now() - heard > SILENCE_MS && silence.abort(), 5_000);
  let heard = Date.now();
  parser.reset();
  try {
    const headers = { Accept: 'text/event-stream', ...(parser.lastId && { 'Last-Event-ID': parser.lastId }) };
    const response = await send(http, path, { headers, signal: AbortSignal.any([signal, silence.signal]) });
    if (response.status === 204) return true;
    onOpen();
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      heard = Date.now();
      const events = parser.push(value);
      if (events.length > 0) onEvents(events);
    }
  } finally {
    clearInterval(guard);
  }
}
