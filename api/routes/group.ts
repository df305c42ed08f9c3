import { type RequestHandler, Router } from 'express';
import type { GroupRunSpec } from '../../kube/group-run.ts';
import { accept } from '../accept.ts';
import type { Catalog } from '../catalog.ts';
import type { Deps } from '../deps.ts';
import { fingerprint } from '../idempotency.ts';
import { Refusal } from '../refusal.ts';

/** `GET` and `POST /group/:name`: starts all jobs of a group by one write, and names where to ask for each. */
export function groupRoutes(deps: Deps): Router {
  const trigger: RequestHandler<{ name: string }> = (request, response) => {
    const { name } = request.params;
    return accept(deps, [request, response], fingerprint('trigger', name), () => specOf(deps.catalog(), name));
  };
  const router = Router();
  // Express would route HEAD to the GET handler, and a HEAD would trigger.
  router.head('/group/:name', notAllowed);
  router.get('/group/:name', refuseUnwanted, trigger);
  router.post('/group/:name', trigger);
  router.all('/group/:name', notAllowed);
  return router;
}

/** What a trigger of that group starts. Throws a Refusal (404, 422) that names the group. */
function specOf(catalog: Catalog, name: string): GroupRunSpec {
  const group = catalog.get(name);
  if (!group) {
    const known = [...catalog.keys()].slice(0, 20).join(', ');
    throw new Refusal(404, `There is no group ${name.slice(0, 63)}. Groups: ${known}.`);
  }
  const { jobs, problems, parallelism } = group;
  if (problems.length > 0) {
    throw new Refusal(422, `Group ${name} has invalid definitions, nothing was started:`, { problems });
  }
  if (jobs.length === 0) throw new Refusal(422, `Group ${name} has no jobs, nothing was started.`);
  return { group: name, jobs, ...(parallelism && { parallelism }) };
}

const notAllowed: RequestHandler = () => {
  throw new Refusal(405, 'Expected GET or POST: nothing was started.', { headers: { Allow: 'GET, POST' } });
};

/** Refuses a GET that no user meant: from another site's page, or to be ready in advance (Fetch metadata, Sec-Purpose). */
const refuseUnwanted: RequestHandler<{ name: string }> = (request, _response, next) => {
  const prefetch = /prefetch|prerender/.test(`${request.get('sec-purpose')} ${request.get('purpose')}`);
  if (prefetch || request.get('sec-fetch-site') === 'cross-site') {
    throw new Refusal(403, 'A page of another site or a prefetch cannot trigger a group: use POST.');
  }
  next();
};
