import { Router } from 'express';
import { isTerminal } from '../../contract/group-run.ts';
import { isAllowed } from '../auth/access.ts';
import type { Deps } from '../deps.ts';
import { waitUntil } from '../hold/wait.ts';
import { answerFromCache } from '../http/answer.ts';
import { queryOf } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { runPage } from '../views/run-list.ts';
import { runView } from '../views/run-view.ts';
import { RunsQuery } from '../views/schemas.ts';
import { runById } from './lookup.ts';

/** `GET /runs`: all runs, page by page. `GET /runs/:id`: one whole run; with `?wait=` when it is over. */
export function runRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/runs', async (request, response) => {
    const query = queryOf(RunsQuery, request);
    const runs = deps.runs.list();
    const visible = new Map<string, boolean>();
    for (const group of new Set(runs.map(({ spec }) => spec.group))) {
      visible.set(group, await isAllowed(deps, response, 'get', group));
    }
    const page = runPage(
      runs.filter(({ spec }) => visible.get(spec.group)),
      query,
    );
    answerFromCache(deps.runs, response, page);
  });
  router.get('/runs/:id', async (request, response) => {
    const { id } = request.params;
    const view = await waitUntil(
      deps,
      { request, response },
      id,
      async () => runView(await runById(deps, response, id)),
      ({ state }) => isTerminal(state),
    );
    answerFromCache(deps.runs, response, view);
  });
  router.all(['/runs', '/runs/:id'], methodNotAllowed('GET', 'HEAD'));
  return router;
}
