import type { IRouter, RequestHandler } from 'express';
import * as z from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { GroupRunSpec } from '../../contract/group-run.ts';
import { Name } from '../../contract/name.ts';
import { isAllowed, permittedGroups } from '../auth/access.ts';
import type { Group } from '../catalog/catalog.ts';
import { resolveParameters } from '../catalog/parameters.ts';
import type { Problem } from '../catalog/problem.ts';
import type { Deps } from '../deps.ts';
import { HttpError } from '../http/http-error.ts';
import { bodyOf, parseJsonBody, queryOf } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { isOtherOrigin } from '../http/security.ts';
import { IdempotencyHeader, json, REFUSED, STARTED } from '../openapi/shared.ts';
import { DryRun, GroupList, type GroupView, TriggerBody, TriggerQuery } from '../views/schemas.ts';
import { accept, dryRun, type TriggerRequest } from './accept.ts';
import { fingerprint } from './idempotency.ts';

const TRIGGER = {
  requestParams: { path: z.object({ name: z.string() }), query: TriggerQuery, header: IdempotencyHeader },
  responses: {
    200: { description: 'With `dryRun=true`: what would run.', content: json(DryRun) },
    202: STARTED,
    default: REFUSED,
  },
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

/** `GET /groups`: the groups the caller may see. `GET` and `POST /group/:name`: starts the group's jobs with one write, or
 * with `?dryRun=true` says what it would start. */
export function groupRoutes(router: IRouter, deps: Deps): void {
  const handleTrigger: RequestHandler<{ name: string }> = (request, response) => {
    const { name } = request.params;
    // Respond 404 before authorization: what cannot be a group's name must not reach the cluster's access review.
    if (!deps.catalog().has(name) && !Name.safeParse(name).success) throw noGroup(name);
    const query = queryOf(TriggerQuery, request);
    const { parameters = {} } = request.method === 'POST' ? bodyOf(TriggerBody, request) : {};
    const trigger: TriggerRequest = {
      group: name,
      fingerprint: fingerprint('trigger', name, parameters),
      resolve: async () => {
        const group = deps.catalog().get(name);
        if (!group) throw noGroup(name);
        if (group.problems.length > 0) {
          const problems = (await isAllowed(deps, response, 'get', name)) ? group.problems : withoutReasons(group);
          throw new HttpError(422, `Group ${name} has invalid definitions, nothing was started:`, { problems });
        }
        return resolveSpec(group, name, parameters);
      },
    };
    return query.dryRun ? dryRun(deps, request, response, trigger) : accept(deps, request, response, trigger);
  };
  const { getTriggers = true } = deps;
  router.get('/groups', async (_request, response) => {
    const all = [...deps.catalog()];
    const names = all.map(([name]) => name);
    const visible = await permittedGroups(deps, response, 'get', names);
    const groups = all.filter(([name]) => visible.has(name)).map(([name, group]) => groupView(name, group));
    response.set('Cache-Control', 'no-store').json({ groups });
  });
  router.all('/groups', methodNotAllowed('GET', 'HEAD'));
  // Express would otherwise route HEAD to the GET handler, and trigger.
  if (getTriggers)
    router.head('/group/:name', methodNotAllowed('GET', 'POST')).get('/group/:name', rejectPrefetch, handleTrigger);
  router.post('/group/:name', parseJsonBody, handleTrigger);
  router.all('/group/:name', getTriggers ? methodNotAllowed('GET', 'POST') : methodNotAllowed('POST'));
}

const noGroup = (name: string) =>
  new HttpError(404, `There is no group ${name.slice(0, 63)}. GET /groups lists all groups.`);

/** For callers who may trigger the group but not see it: the reasons quote its definitions. */
const withoutReasons = ({ problems }: Group): Problem[] => problems.map((problem) => ({ ...problem, message: REASON }));
const REASON = 'expected another value; callers with the right to see the group get the reason';

/** The spec of the run that a trigger of a valid group starts. Throws an HttpError (422) that names the group. */
function resolveSpec(group: Group, name: string, parameterValues: Record<string, unknown>): GroupRunSpec {
  const { jobs, parallelism, onFailure } = group;
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
    ...(onFailure && { onFailure }),
  };
}

const groupView = (
  name: string,
  { jobs, parallelism, onFailure, parameters, problems, warnings }: Group,
): GroupView => ({
  name,
  jobs: jobs.map((job) => job.name),
  parallelism,
  onFailure,
  ...needsView(jobs),
  parameters: Object.fromEntries(
    [...parameters].map(([key, parameter]) => [key, { ...parameter, pattern: parameter.pattern?.text }]),
  ),
  problems,
  warnings,
});

function needsView(jobs: Group['jobs']): Pick<GroupView, 'needs'> {
  const ordered = jobs.flatMap(({ name, needs }) => (needs ? [[name, needs] as const] : []));
  return ordered.length > 0 ? { needs: Object.fromEntries(ordered) } : {};
}

/** Rejects a GET that the user did not intend: from a page of another origin, or a prefetch (Sec-Fetch-Site, Sec-Purpose). */
const rejectPrefetch: RequestHandler<{ name: string }> = (request, _response, next) => {
  const isPrefetch = /prefetch|prerender/.test(`${request.get('sec-purpose')} ${request.get('purpose')}`);
  if (isPrefetch || isOtherOrigin(request.get('sec-fetch-site'))) {
    throw new HttpError(403, 'A page of another site or a prefetch cannot trigger a group: use POST.');
  }
  next();
};
