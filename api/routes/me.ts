import type { IRouter, Response } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { permittedGroups } from '../auth/access.ts';
import type { Deps } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { json, REFUSED } from '../openapi/shared.ts';
import { Me } from '../views/schemas.ts';

export const meOperations: ZodOpenApiPathsObject = {
  '/me': {
    get: {
      operationId: 'getMe',
      summary: 'Who you are, and what you may do with each group.',
      responses: { 200: { description: 'The caller.', content: json(Me) }, default: REFUSED },
    },
  },
};

/** `GET /me`: the caller's name, and for each group which of trigger, see and cancel it may do. */
export function meRoutes(router: IRouter, deps: Deps): void {
  router.get('/me', async (_request, response) => {
    response.set('Cache-Control', 'no-store').json(await me(deps, response));
  });
  router.all('/me', methodNotAllowed('GET', 'HEAD'));
}

async function me(deps: Pick<Deps, 'auth' | 'catalog' | 'runs'>, response: Response): Promise<Me> {
  const declared = deps.catalog();
  const all = new Set([...declared.keys(), ...deps.runs.groups()]);
  const permitted = (verb: 'create' | 'get' | 'patch', groups: Iterable<string>) =>
    permittedGroups(deps, response, verb, groups);
  const see = await permitted('get', all);
  // Of a group that config.yaml no longer has only runs are left, and a rerun needs the right to see them.
  const trigger = await permitted(
    'create',
    [...all].filter((group) => declared.has(group) || see.has(group)),
  );
  const listed = [...all].filter((group) => see.has(group) || trigger.has(group));
  const cancel = await permitted('patch', listed);
  const groups = listed.map((name) => ({
    name,
    trigger: trigger.has(name),
    see: see.has(name),
    cancel: cancel.has(name),
  }));
  return { name: contextOf(response).caller.name, groups };
}
