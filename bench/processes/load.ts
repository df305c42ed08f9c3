import { connect, type Socket } from 'node:net';

export interface Load {
  port: number;
  path: string;
  connections: number;
  seconds: number;
}

export interface Answered {
  responses: number;
  seconds: number;
}

/**
 * Asked for a load: sends GET over so many kept connections, on each the next when the last is answered, and answers how many
 * were answered in how long. On plain sockets: an HTTP client would need more CPU than the server that it measures.
 */
process.on('message', (load: Load) => {
  void generate(load).then((answer) => process.send!(answer));
});
process.on('disconnect', () => process.exit());

async function generate({ port, path, connections, seconds }: Load): Promise<Answered> {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const counts = await Promise.all(sockets.map((socket) => exchange(socket, request, until)));
  const passed = (performance.now() - begun) / 1000;
  for (const socket of sockets) socket.destroy();
  return { responses: counts.reduce((sum, one) => sum + one, 0), seconds: passed };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends requests one after the other until that time; resolves with the number of responses. */
function exchange(socket: Socket, request: string, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let responses = 0;
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const length = responseLength(pending);
      if (length === undefined || pending.length < length) return;
      if (!pending.toString('latin1', 0, 12).endsWith(' 200')) {
        reject(new Error(`Expected 200, got ${pending.toString('latin1', 0, 300)}`));
        return;
      }
      pending = pending.subarray(length);
      responses++;
      if (performance.now() < until) socket.write(request);
      else resolve(responses);
    });
    socket.once('close', () => reject(new Error('Expected a kept connection, but the server closed it')));
    socket.write(request);
  });
}

/** Bytes of the response that begins here, head and body; undefined while its head is incomplete. */
function responseLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, end)) ?? [];
  if (length === undefined) throw new Error('Expected a response with Content-Length');
  return end + 4 + Number(length);
}
