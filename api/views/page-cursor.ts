import type { ObjectMeta } from '../../contract/group-run.ts';
import { ACCEPTED_AT_ANNOTATION } from '../../contract/labels.ts';

/** A run's place in the list. Unlike an offset, that of a page's last run stays valid while runs are created and deleted. */
export interface PageCursor {
  /** RFC 3339 in whole seconds, as the API server writes it. */
  creationTimestamp: string;
  /** Milliseconds since the epoch; 0 if unknown, as for a run made with kubectl. Undefined in a cursor of an earlier version. */
  acceptedAt: number | undefined;
  name: string;
}

export function cursorOf({ creationTimestamp, name, annotations }: ObjectMeta): PageCursor {
  const acceptedAt = Date.parse(annotations?.[ACCEPTED_AT_ANNOTATION] ?? '');
  return { creationTimestamp, acceptedAt: acceptedAt > 0 ? acceptedAt : 0, name };
}

/** Newest first; within a second by when the API accepted the run, then by name. */
export function compareCursors(a: PageCursor, b: PageCursor): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? 1 : -1;
  // The earlier version sorted by name here. So its cursor hides no run that its pages have not shown.
  if (a.acceptedAt !== undefined && b.acceptedAt !== undefined && a.acceptedAt !== b.acceptedAt) {
    return b.acceptedAt - a.acceptedAt;
  }
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** RunsQuery holds the pattern of this text. */
export const formatCursor = ({ creationTimestamp, acceptedAt, name }: PageCursor): string =>
  [creationTimestamp, acceptedAt, name].join('_');

export function parseCursor(text: string): PageCursor {
  const parts = text.split('_');
  const acceptedAt = parts.length > 2 ? Number(parts[1]) : undefined;
  return { creationTimestamp: parts[0]!, acceptedAt, name: parts.at(-1)! };
}
