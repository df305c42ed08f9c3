import { once } from 'node:events';
import type { Response } from 'express';
import { type LongLivedDeps, openLongLived } from './long-lived.ts';

/** A response of Server-Sent Events (HTML standard, 9.2). */
export interface EventStream {
  /** Aborts when the response should end: see LongLived. */
  signal: AbortSignal;
  /** Whether it should go on and its client reads it. */
  readonly isOpen: boolean;
  /** Sends text, and resolves when the client has room for more (backpressure). Sends nothing to a client that has gone. */
  send(text: string): Promise<void>;
  /** Must be called in the end. */
  close(): void;
}

/** Shorter than the idle timeout of proxies, often 60 s. */
export const HEARTBEAT_MS = 15_000;
export const HEARTBEAT = ': nothing new\n\n';
/** How long the client should wait before it reconnects, milliseconds. */
export const RETRY = 'retry: 2000\n\n';
/** After this long the stream ends, and the client reconnects. */
const MAX_STREAM_MS = 15 * 60_000;
/** A client that reads nothing for this long is taken for gone. */
const WRITE_TIMEOUT_MS = 30_000;

/** Line breaks of Unicode that JSON does not escape. They end no line of an event, but for some clients they do (Python's splitlines). */
const OTHER_LINE_BREAKS = /[\u0085\u2028\u2029]/g;
const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One event, with JSON as its data: that escapes line breaks, so no data can end an event or begin another. */
export const formatEvent = ({ id, event, json }: { id: string; event: string; json: string }): string =>
  `id: ${id}\nevent: ${event}\ndata: ${json.replace(OTHER_LINE_BREAKS, escapeCharacter)}\n\n`;

/**
 * Begins a response of events, which counts as long-lived. `recheck` throws an HttpError (401, 403) once the caller may not get it any
 * more. Throws an HttpError (429, 503) if too many are open.
 */
export function openEventStream(deps: LongLivedDeps, response: Response, recheck: () => Promise<unknown>): EventStream {
  const { signal, release } = openLongLived(deps, response, { ms: MAX_STREAM_MS, recheck });
  let isReading = true;
  response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }).flushHeaders();
  return {
    signal,
    get isOpen() {
      return isReading && !signal.aborted;
    },
    async send(text) {
      if (!isReading || response.write(text)) return;
      const timeout = AbortSignal.timeout(WRITE_TIMEOUT_MS);
      await once(response, 'drain', { signal: AbortSignal.any([signal, timeout]) }).catch(() => {
        isReading = false;
      });
    },
    close() {
      if (isReading) response.end();
      else response.destroy();
      release();
    },
  };
}
