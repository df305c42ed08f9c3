import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionBounds, limitConnections } from './connection-limit.ts';

/** In milliseconds. */
export interface Timeouts {
  /** A client that sends its request slowly must not occupy a connection (slowloris). */
  headers: number;
  request: number;
  /** How often to look for requests that are too slow. */
  check: number;
  /** Longer than proxies keep idle connections (Traefik: 90 s). If we closed first, a proxy's next request could be lost. */
  keepAlive: number;
  /** Longer than the longest `?wait=` and the interval of SSE heartbeats. */
  socketIdle: number;
  /** How long a client may take to close its connection after a response to a malformed or slow request. */
  linger: number;
}

const TIMEOUTS: Timeouts = {
  headers: 10_000,
  request: 30_000,
  check: 2000,
  keepAlive: 100_000,
  socketIdle: 120_000,
  linger: 1000,
};

/** Beyond it Node reports an overflow, as beyond maxHeaderBytes: tiny fields cost more memory than their bytes. */
const MAX_HEADER_FIELDS = 200;

export interface HttpServerOptions {
  /** Of the address, and of the names and values of all header fields together. */
  maxHeaderBytes: number;
  connections: ConnectionBounds;
  timeouts?: Partial<Timeouts>;
}

/** An HTTP server that bounds what a client can occupy: time, connections, and memory before the handler is called. */
export function createHttpServer(
  handler: RequestListener,
  { maxHeaderBytes, connections, timeouts = {} }: HttpServerOptions,
): Server {
  const { headers, request, check, keepAlive, socketIdle, linger } = { ...TIMEOUTS, ...timeouts };
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headers,
      requestTimeout: request,
      keepAliveTimeout: keepAlive,
      connectionsCheckingInterval: check,
      // TCP keepalive detects that a client's machine has gone while there is nothing to send.
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    },
    handler,
  );
  server.maxHeadersCount = MAX_HEADER_FIELDS;
  server.setTimeout(socketIdle);
  limitConnections(server, connections);
  // Node's own 417 would keep the connection, and no event would say that it is idle.
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { Connection: 'close' }).end('Expected no Expect field other than 100-continue.');
  });
  const overflow = `Expected at most ${maxHeaderBytes} bytes of address and header fields, and at most ${MAX_HEADER_FIELDS} fields.`;
  const slow = `Expected the headers within ${headers / 1000} s and the whole request within ${request / 1000} s.`;
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
    if (code === 'HPE_HEADER_OVERFLOW') respond(socket, 431, overflow);
    else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') respond(socket, 408, slow);
    else respond(socket, 400, 'Expected a well-formed HTTP/1.1 request.');
    // A client that ignores the response must not keep its connection.
    const timer = setTimeout(() => socket.destroy(), linger);
    socket.once('close', () => clearTimeout(timer));
  });
  return server;
}

/** Responds to bytes that never became a request: malformed, too large or too slow. */
function respond(socket: Socket, status: number, sentence: string): void {
  const headers = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(sentence)}`;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\nConnection: close\r\n\r\n${sentence}`);
}
