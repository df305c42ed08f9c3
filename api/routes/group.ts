import { type Request, type Response, Router } from 'express';
import { jobId } from '../../kube/ids.ts';
import { problemLine } from '../catalog.ts';
import type { Deps } from '../deps.ts';
import { refuse } from '../errors.ts';

/** `GET` and `POST /group/:name`: starts all jobs of a group by one write, and names where to ask for each. */
export function groupRoutes({ catalog, runs, newBase, log }: Deps): Router {
  const trigger = async (request: Request<{ name: string }>, response: Response): Promise<void> => {
    const { name } = request.params;
    const group = catalog().get(name);
    if (!group) return refuse(response, 404, `There is no group ${name.slice(0, 63)}. Groups: ${known()}.`);
    if (group.problems.length > 0) {
      const problems = group.problems.map((problem) => `\n  ${problemLine(problem)}`).join('');
      return refuse(response, 422, `Group ${name} has invalid definitions, nothing was started:${problems}`);
    }
    if (group.jobs.length === 0) return refuse(response, 422, `Group ${name} has no jobs, nothing was started.`);
    const base = newBase();
    await runs.create(base, { group: name, jobs: group.jobs });
    log('run accepted', { run: base, group: name, jobs: group.jobs.length });
    response
      .status(202)
      .set({ Location: `/runs/${base}`, 'Retry-After': '1', 'Cache-Control': 'no-store' })
      .json({ 'Check job status at': group.jobs.map((_, index) => `/status/${jobId(base, index + 1)}`) });
  };
  const known = () => [...catalog().keys()].slice(0, 20).join(', ');

  const router = Router();
  // Express would route HEAD to the GET handler, and a HEAD would trigger.
  router.head('/group/:name', (_request, response) => notAllowed(response));
  router.get('/group/:name', (request, response, next) => (unwanted(request) ? refuseGet(response) : next()), trigger);
  router.post('/group/:name', trigger);
  router.all('/group/:name', (_request, response) => notAllowed(response));
  return router;
}

const notAllowed = (response: Response) => {
  response.set('Allow', 'GET, POST');
  refuse(response, 405, 'Expected GET or POST: nothing was started.');
};

/** A GET that no user meant: from another site's page, or to be ready in advance (Fetch metadata, Sec-Purpose). */
const unwanted = (request: Request): boolean =>
  request.get('sec-fetch-site') === 'cross-site' ||
  /prefetch|prerender/.test(`${request.get('sec-purpose')} ${request.get('purpose')}`);

const refuseGet = (response: Response) =>
  refuse(response, 403, 'A page of another site or a prefetch cannot trigger a group: use POST.');
