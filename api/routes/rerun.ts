import { Router } from 'express';
import { rerunSpec } from '../../kube/rerun.ts';
import { answerAccepted } from '../accepted.ts';
import type { Deps } from '../deps.ts';
import { bodyOf, jsonBody } from '../input.ts';
import { runById } from '../lookup.ts';
import { Refusal } from '../refusal.ts';
import { RerunBody } from '../schemas.ts';

const REFUSALS = {
  RunNotOver: new Refusal(409, 'The run is not over yet, so what fails in it is not known. Nothing was started.'),
  NothingFailed: new Refusal(422, 'Every job of the run succeeded, so there is nothing to repeat.'),
};

/** `POST /runs/:id/rerun`: a new run of the same definitions, or of those whose jobs did not succeed. */
export function rerunRoutes({ runs, newBase, log }: Deps): Router {
  const router = Router();
  router.post('/runs/:id/rerun', jsonBody, async (request, response) => {
    const { only } = bodyOf(RerunBody, request);
    const rerun = rerunSpec(await runById(runs, String(request.params.id)), only ?? 'all');
    if ('refused' in rerun) throw REFUSALS[rerun.refused];
    const { spec } = rerun;
    const base = newBase();
    await runs.create(base, spec);
    log('run accepted', { run: base, group: spec.group, jobs: spec.jobs.length, rerunOf: spec.rerunOf });
    answerAccepted(response, base, spec.jobs.length);
  });
  return router;
}
