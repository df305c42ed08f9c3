import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { type ConnectionBounds, limitConnections } from '../../../process/connection-limit.ts';
import { eventually } from '../../support/eventually.ts';
import { rawRequest } from '../../support/raw-http.ts';

let server: Server;
let clients: Client[];
/** Responses to `/open`, which stay open until a test ends them. */
let open: ServerResponse[];
/** Paths of the requests that were handled. */
let handled: string[];
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function start(bounds: ConnectionBounds): Promise<void> {
  [clients, open, handled] = [[], [], []];
  server = createServer((request, response) => {
    handled.push(request.url ?? '');
    if (request.url === '/open') open.push(response);
    else response.end('served');
  });
  limitConnections(server, bounds);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

interface Client {
  socket: Socket;
  isClosed: boolean;
  /** Everything it received. */
  text: string;
}

/** Connects from that address. */
async function client(localAddress = '127.0.0.1'): Promise<Client> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  const one: Client = { socket, isClosed: false, text: '' };
  socket.on('data', (data) => {
    one.text += data;
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      one.isClosed = true;
    });
  clients.push(one);
  await once(socket, 'connect');
  return one;
}

const keepAlive = (path = '/') => rawRequest('GET', path, { Connection: 'keep-alive' });
async function isServed(one: Client, times = 1): Promise<void> {
  while (one.text.split('served').length <= times) await once(one.socket, 'data');
}

/** A connection that is idle after a response. */
async function idleClient(localAddress?: string): Promise<Client> {
  const one = await client(localAddress);
  one.socket.write(keepAlive());
  await isServed(one);
  return one;
}

async function busyClient(localAddress?: string): Promise<Client> {
  const one = await client(localAddress);
  one.socket.write(keepAlive('/open'));
  await once(server, 'request');
  return one;
}

/** Connects, and returns which of the clients closed for it. */
async function closedFor(newcomer: () => Promise<Client>): Promise<Client[]> {
  const before = clients.filter((one) => one.isClosed);
  await newcomer();
  // The close was sent before the response to the newcomer, but on another connection.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return clients.filter((one) => one.isClosed && !before.includes(one));
}

/** How many connections the server has open. */
const count = () => new Promise<number>((resolve) => server.getConnections((_error, open) => resolve(open)));

const anyone = (total: number) => ({ total, perAddress: total });

test('at the limit the connection that has been idle the longest gives way to a new one', async () => {
  await start(anyone(3));
  const [first, second, third] = [await idleClient(), await idleClient(), await idleClient()];
  first.socket.write(keepAlive());
  await isServed(first, 2);
  expect(await closedFor(idleClient)).toEqual([second]);
  expect(await closedFor(idleClient)).toEqual([third]);
  expect(await closedFor(idleClient)).toEqual([first]);
});

test('connections that are accepted in the same turn of the event loop each close another', async () => {
  await start(anyone(3));
  const idle = [await idleClient(), await idleClient(), await idleClient()];
  const accepted: Socket[] = [];
  const front = createNetServer((socket) => void accepted.push(socket)).listen(0, '127.0.0.1');
  await once(front, 'listening');
  const { port } = front.address() as AddressInfo;
  const callers = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await eventually('all of them', async () => accepted.length === 3 || undefined);
  for (const socket of accepted) server.emit('connection', socket);
  await eventually('room for all', async () => idle.every((one) => one.isClosed) || undefined, 2000);
  for (const socket of callers) socket.destroy();
  front.close();
});

test('connections with a request in progress stay, and one before its first request', async () => {
  await start(anyone(3));
  const [busy, silent, idle] = [await busyClient(), await client(), await idleClient()];
  expect(await closedFor(idleClient)).toEqual([idle]);
  expect([busy.isClosed, silent.isClosed]).toEqual([false, false]);
});

test('a connection with pipelined requests is idle after the last of them', async () => {
  await start(anyone(1));
  const one = await client();
  one.socket.write(keepAlive() + keepAlive('/open'));
  await isServed(one);
  const refused = await client();
  await once(refused.socket, 'close');
  open[0]!.end('served');
  await isServed(one, 2);
  expect(await closedFor(idleClient)).toEqual([one]);
});

test('where none is idle, a new connection gets 503 with Retry-After and its request is not handled', async () => {
  await start(anyone(2));
  await busyClient();
  await busyClient();
  const refused = await client();
  refused.socket.write(keepAlive('/refused'));
  await eventually('the close', async () => refused.isClosed || undefined);
  expect(refused.text).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n.*\r\n\r\nAll connections are in use/s);
  expect(handled).toEqual(['/open', '/open']);
});

test('a connection that ended leaves its room to others, also one that sent nothing', async () => {
  await start(anyone(1));
  for (const ends of [client, busyClient, client, busyClient]) {
    const { socket } = await ends();
    socket.destroy();
    await eventually('its end', async () => (await count()) === 0 || undefined);
  }
});

test('an address at its own bound closes its own connections only, and others are served', async () => {
  await start({ total: 10, perAddress: 3 });
  const other = await idleClient('127.0.0.2');
  const [first] = [await idleClient(), await busyClient(), await busyClient()];
  expect(await closedFor(busyClient)).toEqual([first]);
  const refused = await client();
  await once(refused.socket, 'close');
  expect(refused.text).toMatch(/^HTTP\/1\.1 503 /);
  expect(await closedFor(() => idleClient('127.0.0.2'))).toEqual([]);
  expect(other.isClosed).toBe(false);
});

test('at the limit of all an address closes its own idle connections before those of others', async () => {
  await start({ total: 3, perAddress: 3 });
  const other = await idleClient('127.0.0.2');
  const [own] = [await idleClient(), await busyClient()];
  expect(await closedFor(busyClient)).toEqual([own]);
  expect(await closedFor(busyClient)).toEqual([other]);
});

test('the bound of an address does not apply to proxies, and counts again once its connections have ended', async () => {
  await start({ total: 10, perAddress: 1, isProxy: (address) => address === '127.0.0.2' });
  for (let i = 0; i < 3; i++) await busyClient('127.0.0.2');
  const one = await busyClient();
  one.socket.destroy();
  await eventually('the end', async () => open.at(-1)?.closed || undefined);
  await busyClient();
});
