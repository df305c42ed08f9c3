import type { IRouter } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { isTerminal } from '../../contract/group-run.ts';
import { toRunId } from '../../contract/ids.ts';
import type { Deps } from '../deps.ts';
import { WaitQuery, waitUntil } from '../hold/wait.ts';
import { respondFromCache } from '../http/cache-age.ts';
import { unknownJob } from '../http/http-error.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdPath, json, NO_SUCH_JOB, REFUSED } from '../openapi/shared.ts';
import { jobStatusAt } from '../views/run-view.ts';
import { StatusView } from '../views/schemas.ts';
import { jobById } from './lookup.ts';

export const statusOperations: ZodOpenApiPathsObject = {
  '/status/{id}': {
    get: {
      operationId: 'getStatus',
      summary: 'The state of one job.',
      requestParams: { path: IdPath, query: WaitQuery },
      responses: {
        200: { description: 'Its state, and why.', content: json(StatusView) },
        404: NO_SUCH_JOB,
        default: REFUSED,
      },
    },
  },
};

/** `GET /status/:id`: a job's state, and its reason or result, if any; `?wait=` waits until the state is terminal. */
export function statusRoutes(router: IRouter, deps: Deps): void {
  router.get('/status/:id', async (request, response) => {
    const { id } = request.params;
    const runId = id.length === 36 ? toRunId(id) : id;
    const job = await waitUntil(
      deps,
      { request, response },
      runId,
      async () => {
        const { run, index } = await jobById(deps, response, id);
        return jobStatusAt(run, index);
      },
      ({ state }) => isTerminal(state),
    );
    const { state, reason, message, exitCode, result, resultTooLarge } = job;
    // JSON omits undefined fields, which leaves the contract's two: state and task_id.
    const more = { reason, message, exitCode, result, resultTooLarge };
    respondFromCache(deps.runs, response, { state, task_id: id, ...more });
  });
  router.all('/status/:id', methodNotAllowed('GET', 'HEAD'));
}

/** Responds 404 to every other path under /status, in the contract's words. Add it after all other routes. */
export function unknownStatusRoutes(router: IRouter): void {
  router.use('/status', () => {
    throw unknownJob();
  });
}
