import type { Response } from 'express';
import type { Catalog, Group } from '../catalog/catalog.ts';
import type { Caller } from '../http/caller.ts';
import { contextOf } from '../http/context.ts';
import { HttpError } from '../http/http-error.ts';
import type { Auth, Verb } from './auth.ts';

/** What decides on access: roles or claims, and each group's own `allow`. */
export interface Access {
  auth: Pick<Auth, 'allows'>;
  catalog: () => Catalog;
}

const DOING: Record<Verb, string> = { create: 'trigger', get: 'see', patch: 'cancel' };

const GROUP_OF_CALLERS = 'group:';

/** Whether a group's own `allow` lets the caller in. Nobody gets in by calling themselves as a group of callers is called. */
export const admits = (group: Pick<Group, 'allow'> | undefined, { name, groups }: Caller): boolean =>
  group?.allow === undefined ||
  group.allow.some((one) =>
    one.startsWith(GROUP_OF_CALLERS) ? groups.includes(one.slice(GROUP_OF_CALLERS.length)) : one === name,
  );

/** Whether the caller of this request may do that with runs of a group. */
export async function isAllowed(
  { auth, catalog }: Access,
  response: Response,
  verb: Verb,
  group: string,
): Promise<boolean> {
  const { caller } = contextOf(response);
  return admits(catalog().get(group), caller) && (await auth.allows(caller, verb, group));
}

/** Throws an HttpError (403) where the caller of this request may not do that with runs of a group. */
export async function authorize(access: Access, response: Response, verb: Verb, group: string): Promise<void> {
  if (await isAllowed(access, response, verb, group)) return;
  const { name } = contextOf(response).caller;
  throw new HttpError(403, `${name} may not ${DOING[verb]} runs of group ${group.slice(0, 63)}.`);
}
