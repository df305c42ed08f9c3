import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createHttpServer, type HttpServerOptions } from '../../../process/http-server.ts';
import { eventually } from '../../support/eventually.ts';
import { rawRequest, sendRaw } from '../../support/raw-http.ts';

let server: Server;
let sockets: Socket[];
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function start(changes: Partial<HttpServerOptions> = {}): Promise<string> {
  sockets = [];
  server = createHttpServer((request, response) => void request.resume().on('end', () => response.end('served')), {
    maxHeaderBytes: 16_384,
    connections: { total: 1000, perAddress: 1000 },
    ...changes,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** How many connections the server has open. */
const connections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

/** A client that sends these bytes and never closes its side, whatever the server does. */
async function stubborn(url: string, bytes: string): Promise<{ text: () => string }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true }, () => void socket.write(bytes));
  sockets.push(socket.on('error', () => {}));
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  await once(socket, 'connect');
  return { text: () => text };
}

test.each([
  ['408', 'does not send all headers', 'GET / HTTP/1.1\r\nHost: a\r\n'],
  ['408', 'sends nothing', ''],
  ['408', 'does not send its whole body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx'],
  ['431', 'sends too large headers', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`],
  ['400', 'sends no HTTP', 'nonsense\r\n\r\n'],
  ['417', 'expects what is not supported', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n'],
  ['400', 'names no host', 'GET / HTTP/1.1\r\n\r\n'],
])('a client that gets %s as it %s, and does not close, is disconnected', async (status, _what, bytes) => {
  const url = await start({ timeouts: { headers: 100, request: 200, check: 20, linger: 100 } });
  const { text } = await stubborn(url, bytes);
  await eventually('no connection', async () => (await connections()) === 0 || undefined, 3000);
  expect(text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});

test('the response to too large headers arrives before the connection ends, and the rest is not read', async () => {
  const url = await start();
  const connection = once(server, 'connection');
  // More than fits into the buffers: closing at once would reset the connection.
  const { status, body } = await sendRaw(url, `GET / HTTP/1.1\r\nX: ${'x'.repeat(2_000_000)}`);
  expect([status, body]).toEqual([
    431,
    expect.stringMatching(/^Expected at most 16384 bytes .* at most 200 fields\.$/),
  ]);
  const [accepted] = (await connection) as [Socket];
  // Node reads 64 KiB at a time.
  expect(accepted.bytesRead).toBeLessThan(250_000);
});

test('more than 200 header fields are 431, however small', async () => {
  const url = await start();
  const fields = (count: number) => Object.fromEntries([...Array(count).keys()].map((i) => [`x${i}`, '']));
  expect((await sendRaw(url, rawRequest('GET', '/', fields(190)))).status).toBe(200);
  expect((await sendRaw(url, rawRequest('GET', '/', fields(201)))).status).toBe(431);
});
