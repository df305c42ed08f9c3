import { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { type GroupRunSpec, Name } from '../../contract/group-run.ts';
import { isAllowed } from '../auth/access.ts';
import type { Catalog, Group } from '../catalog/catalog.ts';
import { resolveParameters } from '../catalog/parameters.ts';
import type { Deps } from '../deps.ts';
import { HttpError } from '../http/http-error.ts';
import { bodyOf, parseJsonBody } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdempotencyHeader, json, REFUSED, STARTED } from '../openapi/shared.ts';
import { GroupList, type GroupView, TriggerBody } from '../views/schemas.ts';
import { accept } from './accept.ts';
import { fingerprint } from './idempotency.ts';

const TRIGGER = {
  requestParams: { path: z.object({ name: z.string() }), header: IdempotencyHeader },
  responses: { 202: STARTED, default: REFUSED },
};

export const groupOperations: ZodOpenApiPathsObject = {
  '/groups': {
    get: {
      operationId: 'listGroups',
      summary: 'Every group, the parameters it takes, and what is wrong with it.',
      responses: { 200: { description: 'The groups.', content: json(GroupList) }, default: REFUSED },
    },
  },
  '/group/{name}': {
    post: {
      operationId: 'triggerGroup',
      summary: 'Starts all jobs of a group.',
      ...TRIGGER,
      requestBody: { content: json(TriggerBody) },
    },
    get: {
      operationId: 'triggerGroupFromBrowser',
      summary: 'The same from the address bar of a browser, without parameters; can be turned off.',
      ...TRIGGER,
    },
  },
};

/** `GET /groups`: the groups the caller may see. `GET` and `POST /group/:name`: starts the group's jobs with one write. */
export function groupRoutes(deps: Deps): Router {
  const trigger: RequestHandler<{ name: string }> = (request, response) => {
    const { name } = request.params;
    // Respond 404 before authorization: what cannot be a group's name must not reach the cluster's access review.
    if (!deps.catalog().has(name) && !Name.safeParse(name).success) throw noGroup(name);
    const { parameters = {} } = request.method === 'POST' ? bodyOf(TriggerBody, request) : {};
    return accept(deps, request, response, {
      group: name,
      fingerprint: fingerprint('trigger', name, parameters),
      resolve: () => resolveSpec(deps.catalog(), name, parameters),
    });
  };
  const { getTriggers = true } = deps;
  const router = Router();
  router.get('/groups', async (_request, response) => {
    const groups: GroupView[] = [];
    for (const [name, group] of deps.catalog()) {
      if (await isAllowed(deps, response, 'get', name)) groups.push(groupView(name, group));
    }
    response.set('Cache-Control', 'no-store').json({ groups });
  });
  router.all('/groups', methodNotAllowed('GET', 'HEAD'));
  // Express would otherwise route HEAD to the GET handler, and trigger.
  if (getTriggers)
    router.head('/group/:name', methodNotAllowed('GET', 'POST')).get('/group/:name', rejectPrefetch, trigger);
  router.post('/group/:name', parseJsonBody, trigger);
  router.all('/group/:name', getTriggers ? methodNotAllowed('GET', 'POST') : methodNotAllowed('POST'));
  return router;
}

const noGroup = (name: string) =>
  new HttpError(404, `There is no group ${name.slice(0, 63)}. GET /groups lists all groups.`);

/** The spec of the run that a trigger starts. Throws an HttpError (404, 422) that names the group. */
function resolveSpec(catalog: Catalog, name: string, parameterValues: Record<string, unknown>): GroupRunSpec {
  const group = catalog.get(name);
  if (!group) throw noGroup(name);
  const { jobs, problems, parallelism } = group;
  if (problems.length > 0) {
    throw new HttpError(422, `Group ${name} has invalid definitions, nothing was started:`, { problems });
  }
  if (jobs.length === 0) throw new HttpError(422, `Group ${name} has no jobs, nothing was started.`);
  const parameters = resolveParameters(group.parameters, parameterValues);
  if (parameters.problems.length > 0) {
    const sentence = `Group ${name} was given wrong parameters, nothing was started:`;
    throw new HttpError(422, sentence, { problems: parameters.problems });
  }
  const { values } = parameters;
  return {
    group: name,
    ...(Object.keys(values).length > 0 && { parameters: values }),
    jobs,
    ...(parallelism && { parallelism }),
  };
}

const groupView = (name: string, { jobs, parallelism, parameters, problems, warnings }: Group): GroupView => ({
  name,
  jobs: jobs.map((job) => job.name),
  parallelism,
  parameters: Object.fromEntries(
    [...parameters].map(([key, parameter]) => [key, { ...parameter, pattern: parameter.pattern?.text }]),
  ),
  problems,
  warnings,
});

/** Rejects a GET that the user did not intend: from a page of another site, or a prefetch (Sec-Fetch-Site, Sec-Purpose). */
const rejectPrefetch: RequestHandler<{ name: string }> = (request, _response, next) => {
  const isPrefetch = /prefetch|prerender/.test(`${request.get('sec-purpose')} ${request.get('purpose')}`);
  if (isPrefetch || request.get('sec-fetch-site') === 'cross-site') {
    throw new HttpError(403, 'A page of another site or a prefetch cannot trigger a group: use POST.');
  }
  next();
};
