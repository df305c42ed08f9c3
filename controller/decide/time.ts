/**
 * Compares two times of Kubernetes objects for sorting; an absent time comes first. Not as strings: some have fractions of a
 * second (MicroTime) and some have none.
 */
export const compareTimes = (a: string | null | undefined, b: string | null | undefined): number => toMs(a) - toMs(b);

/** The earliest of these times, as it was written; undefined if there is none. */
export const earliest = (times: string[]): string | undefined => times.toSorted(compareTimes)[0];

/** The latest of these times, as it was written; undefined if there is none. */
export const latest = (times: string[]): string | undefined => times.toSorted(compareTimes).at(-1);

const toMs = (time: string | null | undefined): number => (time ? Date.parse(time) : 0);
