import type { Response } from 'express';
import type { RunRecord } from '../../contract/run-record.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { contextOf } from '../http/context.ts';
import { HttpError } from '../http/http-error.ts';
import { isNamed, isNamedByAll, storedAllow } from './allow.ts';
import type { Auth, Verb } from './auth.ts';

/** What authorization depends on: roles or claims, and each group's `allow`. */
export interface Access {
  auth: Pick<Auth, 'allows'>;
  catalog: () => Catalog;
}

/** The verbs as the 403 words them. */
const ACTIONS: Record<Verb, string> = { create: 'trigger', get: 'see', patch: 'cancel' };

/** Reviews that one request has open at a time. */
const MAX_CONCURRENT = 10;

/**
 * Whether the request's caller may use this verb on a group. For a name that no group has, asks for the right to all groups. So
 * all made-up names share one review, and a caller without that right cannot tell an unknown group from one that it may not use.
 * With `recheck`, a refusal for a known group is not taken from a cache.
 */
export async function isAllowed(
  { auth, catalog }: Access,
  response: Response,
  verb: Verb,
  group: string,
  recheck = false,
): Promise<boolean> {
  const { caller } = contextOf(response);
  const declared = catalog().get(group);
  // Never asked again: each made-up name would cost a review.
  if (!declared) return auth.allows(caller, verb);
  return isNamed(declared.allow, caller) && (await auth.allows(caller, verb, group, recheck));
}

/** Throws an HttpError (403) if the request's caller may not use this verb on a group. */
export async function authorize(access: Access, response: Response, verb: Verb, group: string): Promise<void> {
  if (!(await isAllowed(access, response, verb, group, true))) throw forbidden(response, verb, group);
}

/**
 * Throws an HttpError (403) if the request's caller may not use this verb on a stored run. Its group must permit it as for
 * `authorize`, and so must the `allow` that it was accepted with. If config.yaml no longer has the group, the caller must have
 * the right to see all groups too.
 */
export async function authorizeRun(access: Access, response: Response, verb: Verb, run: RunRecord): Promise<void> {
  const { group } = run.spec;
  if (!isNamedByAll(storedAllow(run), contextOf(response).caller)) throw forbidden(response, verb, group);
  await authorize(access, response, verb, group);
  if (verb !== 'get' && !access.catalog().has(group)) await authorize(access, response, 'get', group);
}

/** Those of the groups on which the request's caller may use this verb. Refusals may come from a cache. */
export async function permittedGroups(
  { auth, catalog }: Access,
  response: Response,
  verb: Verb,
  groups: Iterable<string>,
): Promise<Set<string>> {
  const { caller } = contextOf(response);
  const declared = catalog();
  const named = new Set([...groups].filter((group) => isNamed(declared.get(group)?.allow, caller)));
  if (named.size === 0 || (await auth.allows(caller, verb))) return named;
  const permitted = new Set<string>();
  const rest = [...named].filter((group) => declared.has(group)).values();
  const ask = async () => {
    for (const group of rest) if (await auth.allows(caller, verb, group)) permitted.add(group);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT }, ask));
  return permitted;
}

const forbidden = (response: Response, verb: Verb, group: string) =>
  new HttpError(
    403,
    `${contextOf(response).caller.name} may not ${ACTIONS[verb]} runs of group ${group.slice(0, 63)}.`,
  );
