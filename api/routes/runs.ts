import { Router } from 'express';
import { isTerminal } from '../../kube/group-run.ts';
import type { Deps } from '../deps.ts';
import { queryOf } from '../input.ts';
import { runById } from '../lookup.ts';
import { Refusal } from '../refusal.ts';
import { runPage } from '../run-list.ts';
import { runView } from '../run-view.ts';
import { RunsQuery } from '../schemas.ts';
import { waited } from '../wait.ts';

/** `GET /runs`: all runs, page by page. `GET /runs/:id`: one whole run; with `?wait=` when it is over. */
export function runRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/runs', (request, response) => {
    const page = runPage(deps.runs.list(), queryOf(RunsQuery, request));
    if (!page) throw new Refusal(400, 'Expected as continue what an answer of GET /runs gave.');
    response.set('Cache-Control', 'no-store').json(page);
  });
  router.get('/runs/:id', async (request, response) => {
    const { id } = request.params;
    const view = await waited(
      deps,
      [request, response],
      id,
      async () => runView(await runById(deps.runs, id)),
      ({ state }) => isTerminal(state),
    );
    response.set('Cache-Control', 'no-store').json(view);
  });
  return router;
}
