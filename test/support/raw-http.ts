import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0 without an answer in HTTP. */
  status: number;
  /** In lower case. */
  headers: string;
  body: string;
}

/** Connects from that address and sends exactly these bytes (latin1). An error only closes the connection. */
export function openRaw(url: string, bytes: string, localAddress?: string): Socket {
  const { hostname: host, port } = new URL(url);
  const options = { host, port: Number(port), ...(localAddress && { localAddress }) };
  const socket = connect(options, () => void socket.write(bytes, 'latin1'));
  return socket.on('error', () => {});
}

/** Sends exactly these bytes, and reads until the service closes the connection or sends nothing for `maxIdleMs`. */
export function sendRaw(url: string, bytes: string, maxIdleMs = 400, localAddress?: string): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = openRaw(url, bytes, localAddress);
    const done = () => {
      socket.destroy();
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({ status: statusIn(head), headers: head.toLowerCase(), body: rest.join('\r\n\r\n') });
    };
    let timer: NodeJS.Timeout | undefined;
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(done, maxIdleMs);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** The status of an answer that begins with this text; 0 where it is not HTTP. */
export const statusIn = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);

/** A request with these headers and this body, as it goes over the wire. */
export function rawRequest(method: string, path: string, headers: Record<string, string> = {}, body = ''): string {
  const all = {
    Host: 'localhost',
    Connection: 'close',
    ...(body && { 'Content-Length': String(Buffer.byteLength(body, 'latin1')) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
