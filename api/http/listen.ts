import { once } from 'node:events';
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** A URL may be this long, so that even an absurd id gets the contract's answer. */
const MAX_HEADER_BYTES = 256 * 1024;
/** Whoever takes longer keeps a connection busy to no end. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** Longer than proxies keep an idle connection (Traefik: 90 s): they, not we, end it, and no request falls in between. */
const KEEP_ALIVE_MS = 100_000;
/** Longer than a wait, and than the time between two heartbeats. */
const SILENT_MS = 120_000;
/** Shorter than the 10 s after which supervisors kill. */
const DRAIN_MS = 8000;
/** How soon a connection is closed on which the last answer was given. */
const SWEEP_MS = 100;

export interface ListenOptions {
  host: string;
  port: number;
  maxConnections: number;
}

/** Rejects where it cannot listen, with a sentence that says what to do. */
export async function listen(app: RequestListener, { host, port, maxConnections }: ListenOptions): Promise<Server> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2000,
      // Finds out that a listener's machine has gone, where there is nothing to send.
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    },
    app,
  );
  server.maxConnections = maxConnections;
  server.setTimeout(SILENT_MS);
  server.on('clientError', answerMalformed);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is taken. Choose another: PORT=${port + 1} npm start`);
  }
  return server;
}

/** Takes no new connections, closes idle ones, waits for the calls in hand, and cuts off those that take too long. */
export async function drain(server: Server): Promise<void> {
  const force = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  // A connection that is kept alive after its answer would hold up the end.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(sweep);
  clearTimeout(force);
}

/** What never becomes a request. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, sentence] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, `Expected at most ${MAX_HEADER_BYTES} bytes of address and headers.`]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [
            408,
            `Expected the headers within ${HEADERS_MS / 1000} s and the whole request within ${REQUEST_MS / 1000} s.`,
          ]
        : [400, 'Expected a well-formed HTTP/1.1 request.'];
  const headers = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(String(sentence))}`;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\nConnection: close\r\n\r\n${sentence}`);
}
