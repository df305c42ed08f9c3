import { randomUUID } from 'node:crypto';
import { MAX_JOBS } from './group-run.ts';

/**
 * A run id is a UUID whose last four hex digits are zero. The id of the run's job i (from 1) is the same UUID with i in
 * those digits. So a job id leads to its run without an index.
 */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The UUID with its last four digits zeroed. */
export const toRunId = (uuid: string): string => `${uuid.slice(0, -4)}0000`;

/** Whether the text is a run id. */
export const isRunId = (id: string): boolean => id.length === 36 && UUID.test(id) && id.endsWith('0000');

/** An id for a new run. By default `uuid` is random (RFC 9562, version 4). */
export const newRunId = (uuid: string = randomUUID()): string => toRunId(uuid);

/** The id of job `index` (from 1) of a run; also the name of its Kubernetes Job. Throws RangeError. */
export function jobId(runId: string, index: number): string {
  if (!Number.isInteger(index) || index < 1 || index > MAX_JOBS) {
    throw new RangeError(`Expected a job index from 1 to ${MAX_JOBS}, got ${index}`);
  }
  return `${runId.slice(0, -4)}${index.toString(16).padStart(4, '0')}`;
}

/** The run id and job index in a job id; undefined for any other text. */
export function parseJobId(id: string): { runId: string; index: number } | undefined {
  if (id.length !== 36 || !UUID.test(id)) return undefined;
  const index = Number.parseInt(id.slice(-4), 16);
  return index >= 1 && index <= MAX_JOBS ? { runId: toRunId(id), index } : undefined;
}

/** The run id of a stored run: its name if created over REST; under any other name (kubectl) derived from its UID. */
export const runIdOf = (metadata: { name: string; uid: string }): string =>
  isRunId(metadata.name) ? metadata.name : toRunId(metadata.uid);
