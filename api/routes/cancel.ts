import type { IRouter } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { isTerminal, type JobState } from '../../contract/group-run.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { Log } from '../../process/log.ts';
import type { Deps } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { unknownJob, unknownRun } from '../http/http-error.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { CANCELLED, IdPath, NO_SUCH_JOB, REFUSED } from '../openapi/shared.ts';
import { runSummary, storedStatusAt } from '../views/run-view.ts';
import { jobById, runById } from './lookup.ts';

export const cancelOperations: ZodOpenApiPathsObject = {
  '/runs/{id}/cancel': {
    post: {
      operationId: 'cancelRun',
      summary: 'Asks for the end of a run.',
      requestParams: { path: IdPath },
      responses: { 202: CANCELLED, default: REFUSED },
    },
  },
  '/status/{id}/cancel': {
    post: {
      operationId: 'cancelJob',
      summary: 'Asks for the end of one job.',
      requestParams: { path: IdPath },
      responses: { 202: CANCELLED, 404: NO_SUCH_JOB, default: REFUSED },
    },
  },
};

/**
 * `POST /runs/:id/cancel` and `POST /status/:id/cancel`: store the request to end a run or one of its jobs, which the
 * controller carries out. For a run or job in a terminal state, nothing is written.
 */
export function cancelRoutes(router: IRouter, deps: Deps): void {
  /** Returns the run after the write; undefined if it is deleted. */
  const cancel = async (log: Log, run: RunRecord, state: JobState, job?: string): Promise<RunRecord | undefined> => {
    if (isTerminal(state)) return run;
    const cancelled = await deps.runs.cancel(run.metadata.name, job);
    log('cancel accepted', { run: run.metadata.name, job });
    return cancelled;
  };
  router.post('/runs/:id/cancel', async (request, response) => {
    const run = await runById(deps, response, request.params.id, 'patch');
    const cancelled = await cancel(contextOf(response).log, run, runSummary(run).state);
    if (!cancelled) throw unknownRun();
    response.status(202).set('Cache-Control', 'no-store');
    response.json({ id: request.params.id, state: runSummary(cancelled).state });
  });
  router.post('/status/:id/cancel', async (request, response) => {
    const { run, index } = await jobById(deps, response, request.params.id, 'patch');
    const { name, state } = storedStatusAt(run, index);
    const cancelled = await cancel(contextOf(response).log, run, state, name);
    if (!cancelled) throw unknownJob();
    response.status(202).set('Cache-Control', 'no-store');
    response.json({ id: request.params.id, state: storedStatusAt(cancelled, index).state });
  });
  router.all(['/runs/:id/cancel', '/status/:id/cancel'], methodNotAllowed('POST'));
}
