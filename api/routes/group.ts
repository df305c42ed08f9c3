import { type RequestHandler, Router } from 'express';
import type { GroupRunSpec } from '../../kube/group-run.ts';
import { accept } from '../accept.ts';
import type { Catalog } from '../catalog.ts';
import type { Deps } from '../deps.ts';
import { fingerprint } from '../idempotency.ts';
import { bodyOf, jsonBody } from '../input.ts';
import { resolveParameters } from '../parameters.ts';
import { Refusal } from '../refusal.ts';
import { type GroupList, TriggerBody } from '../schemas.ts';

/** `GET /groups`: what can be triggered. `GET` and `POST /group/:name`: starts all jobs of a group by one write, and names where to ask for each. */
export function groupRoutes(deps: Deps): Router {
  const trigger: RequestHandler<{ name: string }> = (request, response) => {
    const { name } = request.params;
    const { parameters = {} } = request.method === 'POST' ? bodyOf(TriggerBody, request) : {};
    const wish = fingerprint('trigger', name, parameters);
    return accept(deps, [request, response], wish, () => specOf(deps.catalog(), name, parameters));
  };
  const router = Router();
  router.get('/groups', (_request, response) => {
    const groups = [...deps.catalog()].map(([name, { jobs, parallelism, parameters, problems }]) => ({
      name,
      jobs: jobs.map((job) => job.name),
      parallelism,
      parameters: Object.fromEntries(parameters),
      problems,
    }));
    response.set('Cache-Control', 'no-store').json({ groups } satisfies GroupList);
  });
  // Express would route HEAD to the GET handler, and a HEAD would trigger.
  router.head('/group/:name', notAllowed);
  router.get('/group/:name', refuseUnwanted, trigger);
  router.post('/group/:name', jsonBody, trigger);
  router.all('/group/:name', notAllowed);
  return router;
}

/** What a trigger of that group starts. Throws a Refusal (404, 422) that names the group. */
function specOf(catalog: Catalog, name: string, given: Record<string, unknown>): GroupRunSpec {
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
  const parameters = resolveParameters(group.parameters, given);
  if (parameters.problems.length > 0) {
    const sentence = `Group ${name} was given wrong parameters, nothing was started:`;
    throw new Refusal(422, sentence, { problems: parameters.problems });
  }
  const { values } = parameters;
  return {
    group: name,
    ...(Object.keys(values).length > 0 && { parameters: values }),
    jobs,
    ...(parallelism && { parallelism }),
  };
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
