import { once } from 'node:events';
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** A very long job id still gets the contract's 404, not a 431. */
const MAX_HEADER_BYTES = 256 * 1024;
/** A client that sends its request slowly must not occupy a connection (slowloris). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than proxies keep idle connections (Traefik: 90 s). If we closed first, a proxy's next request could be lost. */
const KEEP_ALIVE_MS = 100_000;
/** Longer than the longest `?wait=` and the interval of SSE heartbeats. */
const SOCKET_IDLE_MS = 120_000;
/** Shorter than the 10 s after which supervisors such as Docker send SIGKILL. */
const DRAIN_TIMEOUT_MS = 8000;
/** How often to close keep-alive connections that have become idle while draining. */
const CLOSE_IDLE_INTERVAL_MS = 100;

export interface ListenOptions {
  host: string;
  port: number;
  maxConnections: number;
}

/** Starts the HTTP server. If the port is taken, rejects with a sentence that says what to do. */
export async function listen(app: RequestListener, { host, port, maxConnections }: ListenOptions): Promise<Server> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2000,
      // TCP keepalive detects that a client's machine has gone while there is nothing to send.
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    },
    app,
  );
  server.maxConnections = maxConnections;
  server.setTimeout(SOCKET_IDLE_MS);
  server.on('clientError', respondToMalformed);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is taken. Choose another: PORT=${port + 1} npm start`);
  }
  return server;
}

/** Accepts no new connections, lets open responses finish, and closes what is left after DRAIN_TIMEOUT_MS. */
export async function drain(server: Server): Promise<void> {
  const closeAll = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
  // server.close() closes connections that are idle now, and would wait for those that become idle later.
  const closeIdle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(closeIdle);
  clearTimeout(closeAll);
}

/** Responds to bytes that never became a request: malformed, too large or too slow. */
function respondToMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, sentence] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, `Expected at most ${MAX_HEADER_BYTES} bytes of address and headers.`]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [
            408,
            `Expected the headers within ${HEADERS_TIMEOUT_MS / 1000} s and the whole request within ${REQUEST_TIMEOUT_MS / 1000} s.`,
          ]
        : [400, 'Expected a well-formed HTTP/1.1 request.'];
  const headers = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(String(sentence))}`;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\nConnection: close\r\n\r\n${sentence}`);
}
