import type * as z from 'zod';

/** For a check of several fields together: only where each of them is valid, so that no mistake is told twice. */
export const whenValid = { when: ({ issues }: z.core.ParsePayload) => issues.length === 0 };
