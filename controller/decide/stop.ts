import type { Cause } from './cause.ts';
import type { Job } from './types.ts';

/**
 * On a Job that the controller stopped: the Cause as JSON. It tells the next leader that the Job was suspended for good, and
 * which terminal state its job gets once the pods are gone.
 */
export const STOP_ANNOTATION = 'async-api.dev/stop';
export const CANCELLED = 'Cancelled';
/** Another job of a run whose jobs fail together failed. */
export const GROUP_FAILED = 'GroupFailed';

/** The state of a job that was stopped for this reason, once its pods are gone. */
export const stoppedState = ({ reason }: Cause): 'REVOKED' | 'FAILURE' =>
  reason === CANCELLED || reason === GROUP_FAILED ? 'REVOKED' : 'FAILURE';

/** Why this Job was stopped; undefined if it was not. */
export function stopCause({ metadata }: Job): Cause | undefined {
  const json = metadata.annotations?.[STOP_ANNOTATION];
  if (json === undefined) return undefined;
  try {
    const { reason, message, exitCode } = Object(JSON.parse(json));
    if (typeof reason === 'string') {
      return {
        reason,
        ...(typeof message === 'string' ? { message } : {}),
        ...(Number.isInteger(exitCode) ? { exitCode } : {}),
      };
    }
  } catch {
    // Not our JSON. The Job counts as stopped all the same.
  }
  return { reason: CANCELLED };
}

/**
 * The patch that stops a Job (with this UID) for good. Suspending, unlike deleting, keeps the Job: its pods are deleted, but its
 * status can still be read.
 */
export const stopPatch = ({ metadata: { uid } }: Job, cause: Cause) => ({
  metadata: { uid, annotations: { [STOP_ANNOTATION]: JSON.stringify(cause) } },
  spec: { suspend: true },
});
