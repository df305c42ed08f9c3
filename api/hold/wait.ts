import type { Request, Response } from 'express';
import * as z from 'zod';
import { queryOf } from '../http/input.ts';
import { RunChanges } from '../runs/run-changes.ts';
import type { RunStore } from '../runs/run-store.ts';
import { type LongLivedDeps, openLongLived } from './long-lived.ts';

/** Accepts other keys too: clients of the earlier service may send some. */
export const WaitQuery = z.object({
  wait: z
    .string()
    // The pattern holds the bound, so that the OpenAPI document shows it.
    .regex(/^(([1-5]?\d|60)s|([1-5]?\d{1,4}|60000)ms)$/, 'expected at most 60s, such as 30s or 500ms')
    .transform((text) => Number.parseInt(text, 10) * (text.endsWith('ms') ? 1 : 1000))
    .optional()
    .describe('Holds the answer until the state is final, or for this long; at most 60s.'),
});

/**
 * Returns what `read` gives: at once without `?wait=`, else as soon as `isFinal` accepts it, the wait is over or the service
 * stops. Throws what `read` throws, and an HttpError for an invalid wait (400) or too many of them (429, 503).
 */
export async function waitUntil<T>(
  deps: LongLivedDeps & { runs: Pick<RunStore, 'subscribe'> },
  { request, response }: { request: Request; response: Response },
  runId: string,
  read: () => Promise<T>,
  isFinal: (value: T) => boolean,
): Promise<T> {
  const { wait = 0 } = queryOf(WaitQuery, request);
  let value = await read();
  if (wait === 0 || isFinal(value)) return value;
  const { signal, release } = openLongLived(deps, response, { ms: wait });
  const changes = new RunChanges(deps.runs, runId);
  try {
    do {
      // Read again before waiting: the run may have changed between the first read and the subscription.
      value = await read();
      if (!isFinal(value)) await changes.next(wait, signal);
    } while (!isFinal(value) && !signal.aborted);
    return await read();
  } finally {
    changes.close();
    release();
  }
}
