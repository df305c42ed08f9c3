import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionBounds {
  /** Maximum of open connections. */
  total: number;
  /** Maximum of open connections of one client address, unless it is a proxy. */
  perAddress: number;
  /** Whether many clients share this address; by default none is. */
  isProxy?: (address: string) => boolean;
}

/** The connections of one client address. */
interface Client {
  address: string;
  open: number;
  /** Longest idle first. */
  idle: Set<Socket>;
}

interface Connection {
  client: Client;
  /** Requests that have no complete response yet; several with pipelining. */
  requests: number;
}

const SENTENCE = 'All connections are in use. Try again.';
const UNAVAILABLE = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${SENTENCE.length}`,
  'Retry-After: 1',
  'Connection: close',
  `\r\n${SENTENCE}`,
].join('\r\n');

/**
 * Limits the open connections of the server. Beyond a bound the longest idle connection is closed for the new one: that of the
 * same address if it has any, else of any address. If none is idle, or the address has reached its own bound, the new one
 * gets 503. A connection is idle after its first response; before, the headers timeout ends it.
 */
export function limitConnections(server: Server, { total, perAddress, isProxy = () => false }: ConnectionBounds): void {
  const connections = new Map<Socket, Connection>();
  const clients = new Map<string, Client>();
  /** Longest idle first. */
  const idle = new Set<Socket>();

  const forget = (socket: Socket): void => {
    const client = connections.get(socket)?.client;
    if (!client) return;
    connections.delete(socket);
    idle.delete(socket);
    client.idle.delete(socket);
    client.open--;
    if (client.open === 0) clients.delete(client.address);
  };

  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const known = clients.get(address);
    const clientIsFull = known !== undefined && known.open >= perAddress && !isProxy(address);
    if (clientIsFull || connections.size >= total) {
      const longestIdle = first(known?.idle) ?? (clientIsFull ? undefined : first(idle));
      if (!longestIdle) return refuse(socket);
      // At once, not when it has closed: the next new connection must see the room.
      forget(longestIdle);
      longestIdle.destroy();
    }
    const client = clients.get(address) ?? { address, open: 0, idle: new Set() };
    clients.set(address, client);
    client.open++;
    connections.set(socket, { client, requests: 0 });
    socket.once('close', () => forget(socket));
  });

  server.prependListener('request', ({ socket }, response) => {
    const connection = connections.get(socket);
    if (!connection) return;
    connection.requests++;
    idle.delete(socket);
    connection.client.idle.delete(socket);
    response.once('close', () => {
      connection.requests--;
      if (connection.requests > 0 || !connections.has(socket)) return;
      idle.add(socket);
      connection.client.idle.add(socket);
    });
  });
}

const first = (sockets: Set<Socket> | undefined): Socket | undefined => sockets?.values().next().value;

/** Closes at once, so that no request of it is read: it would be processed without a response. */
function refuse(socket: Socket): void {
  socket.write(UNAVAILABLE);
  socket.destroy();
}
