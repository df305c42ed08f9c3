import * as z from 'zod';
import { ALLOW_ANNOTATION } from '../../contract/labels.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { Caller } from '../http/caller.ts';

const GROUP_PREFIX = 'group:';

/**
 * Whether an `allow` names the caller; without one every caller is permitted. Entries with the prefix match groups only, so a
 * caller gains nothing from a name such as `group:team`.
 */
export const isNamed = (allow: string[] | undefined, { name, groups }: Caller): boolean =>
  allow === undefined ||
  allow.some((entry) =>
    entry.startsWith(GROUP_PREFIX) ? groups.includes(entry.slice(GROUP_PREFIX.length)) : entry === name,
  );

const StoredAllow = z.array(z.array(z.string()));

/** The text in a run's annotation; undefined if it was accepted without `allow`, or created with kubectl. */
export const storedAllow = ({ metadata }: Pick<RunRecord, 'metadata'>): string | undefined =>
  metadata.annotations?.[ALLOW_ANNOTATION];

/** Whether each list of a stored text names the caller. A text that cannot be read names nobody. */
export const isNamedByAll = (text: string | undefined, caller: Caller): boolean =>
  parse(text).every((allow) => isNamed(allow, caller));

/** The text to store with a run: the lists of the run that it repeats, and its group's `allow`. Undefined if there are none. */
export function allowToStore(allow: string[] | undefined, repeats: RunRecord | undefined): string | undefined {
  const lists = [...parse(repeats && storedAllow(repeats)), ...(allow ? [allow] : [])];
  // Otherwise each rerun of a rerun would be larger than the last.
  const distinct = new Set(lists.map((list) => JSON.stringify(list)));
  return distinct.size === 0 ? undefined : `[${[...distinct].join()}]`;
}

function parse(text: string | undefined): string[][] {
  if (text === undefined) return [];
  try {
    return StoredAllow.parse(JSON.parse(text));
  } catch {
    return [[]];
  }
}
