import express, { type Express } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { identify } from './auth/identify.ts';
import type { Deps } from './deps.ts';
import { accessLog } from './http/access-log.ts';
import { closeConnectionsWhileStopping } from './http/close-connections.ts';
import { contextOf, requestContext } from './http/context.ts';
import { errorHandler } from './http/errors.ts';
import { addToEveryResponse } from './http/every-response.ts';
import { HttpError } from './http/http-error.ts';
import { limitHeaderSize, limitUrlLength } from './http/request-size.ts';
import { csrf, requireLoopbackHost, requireOneHost, securityFields } from './http/security.ts';
import { openApiDocument } from './openapi/document.ts';
import { docsPage, PAGE_CSP } from './openapi/page.ts';
import { cancelOperations, cancelRoutes } from './routes/cancel.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventOperations, eventRoutes } from './routes/events.ts';
import { groupOperations, groupRoutes } from './routes/group.ts';
import { healthOperations, healthRoutes } from './routes/health.ts';
import { logOperations, logRoutes } from './routes/logs.ts';
import { meOperations, meRoutes } from './routes/me.ts';
import { pageRoutes } from './routes/page.ts';
import { rerunOperations, rerunRoutes } from './routes/rerun.ts';
import { runEventOperations, runEventRoutes } from './routes/run-events.ts';
import { runOperations, runRoutes } from './routes/runs.ts';
import { statusOperations, statusRoutes, unknownStatusRoutes } from './routes/status.ts';

/** Every operation of the service, by path, as each route describes its own. */
export const PATHS: ZodOpenApiPathsObject = {
  ...groupOperations,
  ...statusOperations,
  ...logOperations,
  ...runOperations,
  ...runEventOperations,
  ...eventOperations,
  ...cancelOperations,
  ...rerunOperations,
  ...meOperations,
  ...healthOperations,
};

/** Builds the REST service; main.ts listens. */
export function createApp(deps: Deps): Express {
  const document = openApiDocument(PATHS);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.proxies ?? []);
  const security = securityFields();
  addToEveryResponse(app, (response) => [...security, 'X-Request-Id', contextOf(response).id]);
  app.use(
    requestContext(deps.log),
    accessLog(deps.metrics.request),
    closeConnectionsWhileStopping(deps.stopping),
    limitHeaderSize,
    limitUrlLength,
    requireOneHost,
  );
  // Before authentication: the kubelet's probes carry no token.
  healthRoutes(app.router, deps);
  if (deps.requireLoopbackHost) app.use(requireLoopbackHost);
  docsRoutes(app.router, { document, page: docsPage(document), csp: PAGE_CSP });
  pageRoutes(app.router, deps);
  app.use(identify(deps), csrf);
  // The paths that clients poll come first, but /runs/events before /runs/:id. All in one router: each nested one costs every request as much as its handler.
  const routes = [
    statusRoutes,
    runEventRoutes,
    runRoutes,
    groupRoutes,
    eventRoutes,
    cancelRoutes,
    rerunRoutes,
    logRoutes,
    meRoutes,
  ];
  for (const addRoutes of routes) addRoutes(app.router, deps);
  unknownStatusRoutes(app.router);
  app.use(() => {
    throw new HttpError(404, 'Nothing is here. Try /docs, /groups, /runs or /status/<job_id>.');
  });
  app.use(errorHandler);
  return app;
}
