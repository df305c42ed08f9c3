import type { Response } from 'express';
import type { Group } from '../catalog/catalog.ts';
import type { Deps } from '../deps.ts';
import { contextOf } from '../http/context.ts';
import { Refusal } from '../http/http-error.ts';
import type { Caller, Verb } from './auth.ts';

const DOING: Record<Verb, string> = { create: 'trigger', get: 'see', patch: 'cancel' };

const GROUP_OF_CALLERS = 'group:';

/** Whether a group's own `allow` lets the caller in. Nobody gets in by calling themselves as a group of callers is called. */
export const admits = (group: Pick<Group, 'allow'> | undefined, { name, groups }: Caller): boolean =>
  group?.allow === undefined ||
  group.allow.some((one) =>
    one.startsWith(GROUP_OF_CALLERS) ? groups.includes(one.slice(GROUP_OF_CALLERS.length)) : one === name,
  );

/** Whether the caller of this request may do that with runs of a group. */
export async function mayDo(
  { auth, catalog }: Pick<Deps, 'auth' | 'catalog'>,
  response: Response,
  verb: Verb,
  group: string,
): Promise<boolean> {
  const { caller } = contextOf(response);
  return admits(catalog().get(group), caller) && (await auth.allows(caller, verb, group));
}

/** Throws a Refusal (403) where the caller of this request may not do that with runs of a group. */
export async function authorize(
  deps: Pick<Deps, 'auth' | 'catalog'>,
  response: Response,
  verb: Verb,
  group: string,
): Promise<void> {
  if (await mayDo(deps, response, verb, group)) return;
  const { name } = contextOf(response).caller;
  throw new Refusal(403, `${name} may not ${DOING[verb]} runs of group ${group.slice(0, 63)}.`);
}
