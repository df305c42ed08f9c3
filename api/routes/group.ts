import { type Request, type RequestHandler, type Response, Router } from 'express';
import { answerAccepted } from '../accepted.ts';
import { problemLine } from '../catalog.ts';
import type { Deps } from '../deps.ts';
import { Refusal } from '../refusal.ts';

/** `GET` and `POST /group/:name`: starts all jobs of a group by one write, and names where to ask for each. */
export function groupRoutes({ catalog, runs, newBase, log }: Deps): Router {
  const trigger = async (request: Request<{ name: string }>, response: Response): Promise<void> => {
    const { name } = request.params;
    const group = catalog().get(name);
    if (!group) throw new Refusal(404, `There is no group ${name.slice(0, 63)}. Groups: ${known()}.`);
    const { jobs, problems, parallelism } = group;
    if (problems.length > 0) {
      const lines = problems.map((problem) => `\n  ${problemLine(problem)}`).join('');
      throw new Refusal(422, `Group ${name} has invalid definitions, nothing was started:${lines}`);
    }
    if (jobs.length === 0) throw new Refusal(422, `Group ${name} has no jobs, nothing was started.`);
    const base = newBase();
    await runs.create(base, { group: name, jobs, ...(parallelism && { parallelism }) });
    log('run accepted', { run: base, group: name, jobs: jobs.length });
    answerAccepted(response, base, jobs.length);
  };
  const known = () => [...catalog().keys()].slice(0, 20).join(', ');

  const router = Router();
  // Express would route HEAD to the GET handler, and a HEAD would trigger.
  router.head('/group/:name', notAllowed);
  router.get('/group/:name', refuseUnwanted, trigger);
  router.post('/group/:name', trigger);
  router.all('/group/:name', notAllowed);
  return router;
}

const notAllowed: RequestHandler = () => {
  throw new Refusal(405, 'Expected GET or POST: nothing was started.', { Allow: 'GET, POST' });
};

/** Refuses a GET that no user meant: from another site's page, or to be ready in advance (Fetch metadata, Sec-Purpose). */
const refuseUnwanted: RequestHandler<{ name: string }> = (request, _response, next) => {
  const prefetch = /prefetch|prerender/.test(`${request.get('sec-purpose')} ${request.get('purpose')}`);
  if (prefetch || request.get('sec-fetch-site') === 'cross-site') {
    throw new Refusal(403, 'A page of another site or a prefetch cannot trigger a group: use POST.');
  }
  next();
};
