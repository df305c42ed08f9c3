import { Router } from 'express';
import type { Deps } from '../deps.ts';
import { queryOf } from '../input.ts';
import { runById } from '../lookup.ts';
import { Refusal } from '../refusal.ts';
import { runPage } from '../run-list.ts';
import { runView } from '../run-view.ts';
import { RunsQuery } from '../schemas.ts';

/** `GET /runs`: all runs, page by page. `GET /runs/:id`: one whole run. */
export function runRoutes({ runs }: Deps): Router {
  const router = Router();
  router.get('/runs', (request, response) => {
    const page = runPage(runs.list(), queryOf(RunsQuery, request));
    if (!page) throw new Refusal(400, 'Expected as continue what an answer of GET /runs gave.');
    response.set('Cache-Control', 'no-store').json(page);
  });
  router.get('/runs/:id', async (request, response) => {
    response.set('Cache-Control', 'no-store').json(runView(await runById(runs, request.params.id)));
  });
  return router;
}
