import type { IRouter } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { Deps } from '../deps.ts';
import { HttpError, unknownRun } from '../http/http-error.ts';
import { bodyOf, parseJsonBody } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdempotencyHeader, IdPath, json, REFUSED, STARTED } from '../openapi/shared.ts';
import { rerunSpec } from '../runs/rerun.ts';
import { RerunBody } from '../views/schemas.ts';
import { accept } from './accept.ts';
import { fingerprint } from './idempotency.ts';
import { runById } from './lookup.ts';

export const rerunOperations: ZodOpenApiPathsObject = {
  '/runs/{id}/rerun': {
    post: {
      operationId: 'rerunRun',
      summary: 'Starts the jobs of a run anew, or those that did not succeed.',
      requestParams: { path: IdPath, header: IdempotencyHeader },
      requestBody: { content: json(RerunBody) },
      responses: { 202: STARTED, default: REFUSED },
    },
  },
};

const ERRORS = {
  RunNotOver: new HttpError(409, 'The run is not over yet, so what fails in it is not known. Nothing was started.'),
  NothingFailed: new HttpError(422, 'Every job of the run succeeded, so there is nothing to repeat.'),
};

/** `POST /runs/:id/rerun`: starts a run of the same definitions, or only of the jobs that did not succeed. */
export function rerunRoutes(router: IRouter, deps: Deps): void {
  router.post('/runs/:id/rerun', parseJsonBody, async (request, response) => {
    const { only = 'all' } = bodyOf(RerunBody, request);
    const id = String(request.params.id);
    const run = await runById(deps, response, id);
    const resolve = async () => {
      const whole = await deps.runs.withDefinitions(run);
      if (!whole) throw unknownRun();
      const rerun = rerunSpec(whole, only);
      if ('error' in rerun) throw ERRORS[rerun.error];
      return rerun.spec;
    };
    const trigger = { group: run.spec.group, repeats: run, fingerprint: fingerprint(`rerun ${only}`, id), resolve };
    await accept(deps, request, response, trigger);
  });
  router.all('/runs/:id/rerun', methodNotAllowed('POST'));
}
