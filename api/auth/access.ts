import type { Response } from 'express';
import type { Catalog, Group } from '../catalog/catalog.ts';
import type { Caller } from '../http/caller.ts';
import { contextOf } from '../http/context.ts';
import { HttpError } from '../http/http-error.ts';
import type { Auth, Verb } from './auth.ts';

/** What authorization depends on: roles or claims, and each group's `allow`. */
export interface Access {
  auth: Pick<Auth, 'allows'>;
  catalog: () => Catalog;
}

/** The verbs as the 403 words them. */
const ACTIONS: Record<Verb, string> = { create: 'trigger', get: 'see', patch: 'cancel' };

const GROUP_PREFIX = 'group:';

/**
 * Whether a group's `allow` names the caller; without `allow` it permits every caller. Entries with the prefix match groups
 * only, so a caller gains nothing from a name such as `group:team`.
 */
export const isAllowedByGroup = (group: Pick<Group, 'allow'> | undefined, { name, groups }: Caller): boolean =>
  group?.allow === undefined ||
  group.allow.some((entry) =>
    entry.startsWith(GROUP_PREFIX) ? groups.includes(entry.slice(GROUP_PREFIX.length)) : entry === name,
  );

/** Whether the request's caller may use this verb on runs of a group. */
export async function isAllowed(
  { auth, catalog }: Access,
  response: Response,
  verb: Verb,
  group: string,
): Promise<boolean> {
  const { caller } = contextOf(response);
  return isAllowedByGroup(catalog().get(group), caller) && (await auth.allows(caller, verb, group));
}

/** Throws an HttpError (403) if the request's caller may not use this verb on runs of a group. */
export async function authorize(access: Access, response: Response, verb: Verb, group: string): Promise<void> {
  if (!(await isAllowed(access, response, verb, group))) throw forbidden(response, verb, group);
}

/**
 * As `authorize`, for a name that no group has: asks for the right to all groups. So all made-up names share one review, and
 * a caller without that right cannot tell an unknown group from one that it may not use.
 */
export async function authorizeUnknown(
  { auth }: Pick<Access, 'auth'>,
  response: Response,
  verb: Verb,
  group: string,
): Promise<void> {
  if (!(await auth.allows(contextOf(response).caller, verb))) throw forbidden(response, verb, group);
}

const forbidden = (response: Response, verb: Verb, group: string) =>
  new HttpError(
    403,
    `${contextOf(response).caller.name} may not ${ACTIONS[verb]} runs of group ${group.slice(0, 63)}.`,
  );
