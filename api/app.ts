import express, { type Express } from 'express';
import { identify } from './auth/identify.ts';
import type { Deps } from './deps.ts';
import { accessLog } from './http/access-log.ts';
import { lastAnswers } from './http/answer.ts';
import { giveContext } from './http/context.ts';
import { errorHandler } from './http/errors.ts';
import { Refusal } from './http/http-error.ts';
import { noCrossSiteWrites, onlyLoopback, safeHeaders, shortUrl } from './http/security.ts';
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
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.proxies ?? 0);
  app.use(giveContext(deps.log), accessLog(deps.metrics), safeHeaders(), lastAnswers(deps), shortUrl);
  // Before anybody is asked who they are: these are for those who run the service.
  app.use(healthRoutes(deps));
  if (deps.onlyLoopback) app.use(onlyLoopback);
  app.use(docsRoutes(), identify(deps), noCrossSiteWrites);
  app.use(groupRoutes(deps), runRoutes(deps), eventRoutes(deps), cancelRoutes(deps), rerunRoutes(deps));
  app.use(logRoutes(deps));
  // Last, since it answers for everything under /status.
  app.use(statusRoutes(deps));
  app.use(() => {
    throw new Refusal(404, 'Nothing is here. Try /docs, /groups, /runs or /status/<job_id>.');
  });
  app.use(errorHandler);
  return app;
}
