import express, { type Express } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { identify } from './auth/identify.ts';
import type { Deps } from './deps.ts';
import { accessLog } from './http/access-log.ts';
import { closeConnectionsWhileStopping } from './http/close-connections.ts';
import { requestContext } from './http/context.ts';
import { errorHandler } from './http/errors.ts';
import { HttpError } from './http/http-error.ts';
import { limitHeaderSize, limitUrlLength } from './http/request-size.ts';
import { csrf, requireLoopbackHost, requireOneHost, securityHeaders } from './http/security.ts';
import { openApiDocument } from './openapi/document.ts';
import { docsPage, PAGE_CSP } from './openapi/page.ts';
import { cancelOperations, cancelRoutes } from './routes/cancel.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventOperations, eventRoutes } from './routes/events.ts';
import { groupOperations, groupRoutes } from './routes/group.ts';
import { healthOperations, healthRoutes } from './routes/health.ts';
import { logOperations, logRoutes } from './routes/logs.ts';
import { rerunOperations, rerunRoutes } from './routes/rerun.ts';
import { runOperations, runRoutes } from './routes/runs.ts';
import { statusOperations, statusRoutes } from './routes/status.ts';

/** Every operation of the service, by path, as each route describes its own. */
export const PATHS: ZodOpenApiPathsObject = {
  ...groupOperations,
  ...statusOperations,
  ...logOperations,
  ...runOperations,
  ...eventOperations,
  ...cancelOperations,
  ...rerunOperations,
  ...healthOperations,
};

/** Builds the REST service; main.ts listens. */
export function createApp(deps: Deps): Express {
  const document = openApiDocument(PATHS);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.proxies ?? []);
  app.use(
    requestContext(deps.log),
    accessLog(deps.metrics.request),
    securityHeaders(),
    closeConnectionsWhileStopping(deps.stopping),
    limitHeaderSize,
    limitUrlLength,
    requireOneHost,
  );
  // Before authentication: the kubelet's probes carry no token.
  app.use(healthRoutes(deps));
  if (deps.requireLoopbackHost) app.use(requireLoopbackHost);
  app.use(docsRoutes({ document, page: docsPage(document), csp: PAGE_CSP }), identify(deps), csrf);
  app.use(groupRoutes(deps), runRoutes(deps), eventRoutes(deps), cancelRoutes(deps), rerunRoutes(deps));
  app.use(logRoutes(deps));
  // Last: it responds 404 to every other path under /status.
  app.use(statusRoutes(deps));
  app.use(() => {
    throw new HttpError(404, 'Nothing is here. Try /docs, /groups, /runs or /status/<job_id>.');
  });
  app.use(errorHandler);
  return app;
}
