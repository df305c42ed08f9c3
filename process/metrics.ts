import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `/metrics` (Prometheus), `/livez` (always 200) and `/readyz` (503 until `ready()`) on a separate port; port 0
 * takes any free one. Rejects if it cannot listen.
 */
export async function serveMetrics(
  registry: Registry,
  { host, port, ready }: { host: string; port: number; ready: () => boolean },
): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    const text = (code: number, body: string) => response.writeHead(code, { 'content-type': 'text/plain' }).end(body);
    if (request.url === '/livez') return text(200, 'ok');
    if (request.url === '/readyz') return ready() ? text(200, 'ok') : text(503, 'not ready');
    if (request.url !== '/metrics') return text(404, 'Expected /metrics, /livez or /readyz');
    const body = await registry.metrics().catch(() => undefined);
    if (body === undefined) return text(500, 'The metrics cannot be collected');
    return response.writeHead(200, { 'content-type': registry.contentType }).end(body);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
