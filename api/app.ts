import express, { type Express } from 'express';
import { identify } from './auth/identify.ts';
import type { Deps } from './deps.ts';
import { accessLog } from './http/access-log.ts';
import { closeConnectionsWhileStopping } from './http/answer.ts';
import { requestContext } from './http/context.ts';
import { errorHandler } from './http/errors.ts';
import { HttpError } from './http/http-error.ts';
import { csrf, limitUrlLength, requireLoopbackHost, securityHeaders } from './http/security.ts';
import { openApiDocument } from './openapi/document.ts';
import { docsPage, PAGE_CSP } from './openapi/page.ts';
import { cancelRoutes } from './routes/cancel.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventRoutes } from './routes/events.ts';
import { groupRoutes } from './routes/group.ts';
import { healthRoutes } from './routes/health.ts';
import { logRoutes } from './routes/logs.ts';
import { rerunRoutes } from './routes/rerun.ts';
import { runRoutes } from './routes/runs.ts';
import { statusRoutes } from './routes/status.ts';

/** The REST service, built apart from listening. */
export function createApp(deps: Deps): Express {
  const document = openApiDocument();
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.proxies ?? 0);
  app.use(
    requestContext(deps.log),
    accessLog(deps.metrics.request),
    securityHeaders(),
    closeConnectionsWhileStopping(deps.stopping),
    limitUrlLength,
  );
  // Before anybody is asked who they are: these are for those who run the service.
  app.use(healthRoutes(deps));
  if (deps.requireLoopbackHost) app.use(requireLoopbackHost);
  app.use(docsRoutes({ document, page: docsPage(document), csp: PAGE_CSP }), identify(deps), csrf);
  app.use(groupRoutes(deps), runRoutes(deps), eventRoutes(deps), cancelRoutes(deps), rerunRoutes(deps));
  app.use(logRoutes(deps));
  // Last, since it answers for everything under /status.
  app.use(statusRoutes(deps));
  app.use(() => {
    throw new HttpError(404, 'Nothing is here. Try /docs, /groups, /runs or /status/<job_id>.');
  });
  app.use(errorHandler);
  return app;
}
