import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { ConnectionBounds } from '../../process/connection-limit.ts';
import { createHttpServer, type Timeouts } from '../../process/http-server.ts';
import { MAX_ADDRESS_BYTES, MAX_FIELDS_BYTES } from './request-size.ts';

/** Shorter than the 10 s after which supervisors such as Docker send SIGKILL. */
const DRAIN_TIMEOUT_MS = 8000;
/** How often to close keep-alive connections that have become idle while draining. */
const CLOSE_IDLE_INTERVAL_MS = 100;

export interface ListenOptions {
  host: string;
  port: number;
  connections: ConnectionBounds;
  timeouts?: Partial<Timeouts>;
}

/** Starts the HTTP server. If the port is taken, rejects with a sentence that says what to do. */
export async function listen(app: RequestListener, { host, port, ...bounds }: ListenOptions): Promise<Server> {
  const server = createHttpServer(app, { maxHeaderBytes: MAX_ADDRESS_BYTES + MAX_FIELDS_BYTES, ...bounds });
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
