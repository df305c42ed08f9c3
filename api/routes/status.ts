import { Router } from 'express';
import type { Deps } from '../deps.ts';
import { jobById } from '../lookup.ts';
import { unknownJob } from '../refusal.ts';
import { jobStatuses } from '../run-view.ts';

/** `GET /status/:id`: a job's state, and its reason where there is one. */
export function statusRoutes({ runs }: Deps): Router {
  const router = Router();
  router.get('/status/:id', async (request, response) => {
    const { id } = request.params;
    const { run, place } = await jobById(runs, id);
    const { state, reason, message, exitCode } = jobStatuses(run)[place]!;
    // JSON leaves out what is undefined: two fields while there is no more to say.
    response.set('Cache-Control', 'no-store').json({ state, task_id: id, reason, message, exitCode });
  });
  router.use('/status', () => {
    throw unknownJob();
  });
  return router;
}
