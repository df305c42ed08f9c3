import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: string;
  body: string;
}

/** Sends these very bytes, and reads until the service closes or says nothing for a while; status 0 where nothing came. */
export function sendRaw(url: string, bytes: string, maxIdleMs = 400): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => void socket.write(bytes, 'latin1'));
    const done = () => {
      socket.destroy();
      const [head = '', ...rest] = text.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, headers: head.toLowerCase(), body: rest.join('\r\n\r\n') });
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
    // Broken off by the service, which is an answer too.
    socket.on('error', () => {});
  });
}

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
