import type { Cause } from './failure.ts';
import type { Job } from './types.ts';

/**
 * On a Job that the controller stopped: why, as JSON. It stands on the Job itself, so that a controller which takes over
 * knows that a suspended Job was stopped for good and what its job's state becomes once the pods are gone.
 */
export const STOP_ANNOTATION = 'async-api.dev/stop';
export const CANCELLED = 'Cancelled';

/** Why this Job was stopped, or undefined where it was not. */
export function stopCause({ metadata }: Job): Cause | undefined {
  const json = metadata.annotations?.[STOP_ANNOTATION];
  if (json === undefined) return undefined;
  try {
    const { reason, message } = Object(JSON.parse(json));
    if (typeof reason === 'string') return { reason, ...(typeof message === 'string' ? { message } : {}) };
  } catch {
    // Written by somebody else: the Job is stopped all the same.
  }
  return { reason: CANCELLED };
}

/**
 * The patch that stops this very Job (by UID) for good: suspended, its pods are deleted, and what it has come to can still
 * be read, as it could not of a deleted Job.
 */
export const stopPatch = ({ metadata: { uid } }: Job, cause: Cause) => ({
  metadata: { uid, annotations: { [STOP_ANNOTATION]: JSON.stringify(cause) } },
  spec: { suspend: true },
});
