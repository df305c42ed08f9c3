import express, { type Express } from 'express';
import { giveContext } from './context.ts';
import type { Deps } from './deps.ts';
import { errorHandler } from './errors.ts';
import { Refusal } from './refusal.ts';
import { cancelRoutes } from './routes/cancel.ts';
import { eventRoutes } from './routes/events.ts';
import { groupRoutes } from './routes/group.ts';
import { healthRoutes } from './routes/health.ts';
import { rerunRoutes } from './routes/rerun.ts';
import { runRoutes } from './routes/runs.ts';
import { statusRoutes } from './routes/status.ts';

/** The REST service, built apart from listening. */
export function createApp(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(giveContext(deps.log));
  app.use((_request, response, next) => {
    // Plain text stays plain text, whatever a browser thinks of it.
    response.set({ 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': "default-src 'none'" });
    next();
  });
  app.use(healthRoutes(deps), groupRoutes(deps), runRoutes(deps), cancelRoutes(deps), rerunRoutes(deps));
  app.use(eventRoutes(deps));
  // Last, since it answers for everything under /status.
  app.use(statusRoutes(deps));
  app.use(() => {
    throw new Refusal(404, 'Nothing is here. Try /group/<group_name>, /runs or /status/<job_id>.');
  });
  app.use(errorHandler);
  return app;
}
