import type { IRouter } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { isTerminal } from '../../contract/group-run.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { storedAllow } from '../auth/allow.ts';
import { Visibility } from '../auth/visibility.ts';
import type { Deps } from '../deps.ts';
import { WaitQuery, waitUntil } from '../hold/wait.ts';
import { respondFromCache } from '../http/cache-age.ts';
import { queryOf } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdPath, json, REFUSED } from '../openapi/shared.ts';
import { runPage } from '../views/run-list.ts';
import { runView } from '../views/run-view.ts';
import { RunList, RunsQuery, RunView } from '../views/schemas.ts';
import { runById } from './lookup.ts';

const toFirstJob = (operationId: string) => ({ operationId, parameters: { id: '$response.body#/jobs/0/id' } });

export const runOperations: ZodOpenApiPathsObject = {
  '/runs': {
    get: {
      operationId: 'listRuns',
      summary: 'All runs, the newest first.',
      requestParams: { query: RunsQuery },
      responses: { 200: { description: 'A page of runs.', content: json(RunList) }, default: REFUSED },
    },
  },
  '/runs/{id}': {
    get: {
      operationId: 'getRun',
      summary: 'One run with all its jobs.',
      requestParams: { path: IdPath, query: WaitQuery },
      responses: {
        200: {
          description: 'The run.',
          content: json(RunView),
          links: {
            getStatus: toFirstJob('getStatus'),
            getLogs: toFirstJob('getLogs'),
            cancelJob: toFirstJob('cancelJob'),
          },
        },
        default: REFUSED,
      },
    },
  },
};

/** `GET /runs`: a page of the runs the caller may see. `GET /runs/:id`: one run; `?wait=` waits until it is finished. */
export function runRoutes(router: IRouter, deps: Deps): void {
  router.get('/runs', async (request, response) => {
    const query = queryOf(RunsQuery, request);
    // Groups that the query leaves out cost no review.
    const groups = deps.runs.groups().filter((group) => query.group === undefined || group === query.group);
    const visibility = new Visibility(deps, response);
    await visibility.ask(groups);
    const isVisible = (run: RunRecord) => visibility.sees(run.spec.group, storedAllow(run));
    respondFromCache(deps.runs, response, runPage(deps.runs, query, isVisible));
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
    respondFromCache(deps.runs, response, view);
  });
  router.all(['/runs', '/runs/:id'], methodNotAllowed('GET', 'HEAD'));
}
