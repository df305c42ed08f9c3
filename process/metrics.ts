import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { createHttpServer } from './http-server.ts';
import { type ReadinessCheck, readiness } from './readiness.ts';

/** Probes and scrapers send a few hundred bytes. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Enough for many scrapers. No address can take the connections that the kubelet's probes need. */
const CONNECTIONS = { total: 500, perAddress: 50 };

export interface MetricsServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `/metrics` (Prometheus), `/livez` (always 200) and `/readyz` (503 until all checks are ok; `?verbose` lists them) on a
 * separate port; port 0 takes any free one. Rejects if it cannot listen.
 */
export async function serveMetrics(
  registry: Registry,
  { host, port, readinessChecks }: { host: string; port: number; readinessChecks: () => ReadinessCheck[] },
): Promise<MetricsServer> {
  const server = createHttpServer(
    async (request, response) => {
      const respond = (code: number, body: string) =>
        response.writeHead(code, { 'content-type': 'text/plain' }).end(body);
      const [path, query] = (request.url ?? '').split('?');
      if (path === '/livez') return respond(200, 'ok');
      if (path === '/readyz') {
        const { ready, text } = readiness(readinessChecks(), new URLSearchParams(query).has('verbose'));
        return respond(ready ? 200 : 503, text);
      }
      if (path !== '/metrics') return respond(404, 'Expected /metrics, /livez or /readyz');
      const body = await registry.metrics().catch(() => undefined);
      if (body === undefined) return respond(500, 'The metrics cannot be collected');
      return response.writeHead(200, { 'content-type': registry.contentType }).end(body);
    },
    { maxHeaderBytes: MAX_HEADER_BYTES, connections: CONNECTIONS },
  );
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
