import { type Response, Router } from 'express';
import { jobId, parseJobId, runBase } from '../../kube/ids.ts';
import type { Deps } from '../deps.ts';
import { refuse } from '../errors.ts';

/** The earlier service's sentence, to the letter. It never holds what was asked for. */
const UNKNOWN = "Job with given id doesn't exists : dummy";
export const unknownJob = (response: Response): void => refuse(response, 404, UNKNOWN);

/** `GET /status/:id`: a job's state, and its reason where there is one. */
export function statusRoutes({ runs }: Deps): Router {
  const router = Router();
  router.get('/status/:id', async (request, response) => {
    const { id } = request.params;
    const parsed = parseJobId(id);
    if (!parsed) return unknownJob(response);
    const run = await runs.find(parsed.base);
    if (!run || parsed.index > run.spec.jobs.length || jobId(runBase(run.metadata), parsed.index) !== id) {
      return unknownJob(response);
    }
    const job = run.status?.jobs?.find((one) => one.id === id);
    const { reason, message, exitCode } = job ?? {};
    // JSON leaves out what is undefined: two fields while there is no more to say.
    response
      .set('Cache-Control', 'no-store')
      .json({ state: job?.state ?? 'PENDING', task_id: id, reason, message, exitCode });
  });
  router.use('/status', (_request, response) => unknownJob(response));
  return router;
}
