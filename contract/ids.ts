import { randomUUID } from 'node:crypto';
import { MAX_JOBS } from './group-run.ts';

/**
 * Ids that lead back to their run without an index: a run's base is a UUID whose last four hex digits are zero, and
 * its job i (from 1) has the same UUID with i in those digits.
 */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The base a UUID belongs to: its last four digits zeroed. */
export const toRunId = (uuid: string): string => `${uuid.slice(0, -4)}0000`;

/** Whether this is a run's base, as made here. */
export const isRunId = (id: string): boolean => id.length === 36 && UUID.test(id) && id.endsWith('0000');

/** A base for a new run. `uuid` is random where not given (RFC 9562, version 4). */
export const newRunId = (uuid: string = randomUUID()): string => toRunId(uuid);

/** The id of job `index` (from 1) of the run with this base; also the name of its Job. */
export function jobId(runId: string, index: number): string {
  if (!Number.isInteger(index) || index < 1 || index > MAX_JOBS) {
    throw new RangeError(`Expected a job index from 1 to ${MAX_JOBS}, got ${index}`);
  }
  return `${runId.slice(0, -4)}${index.toString(16).padStart(4, '0')}`;
}

/** The run's base and the job's index an id names, or undefined for anything that cannot be a job's id. */
export function parseJobId(id: string): { runId: string; index: number } | undefined {
  if (id.length !== 36 || !UUID.test(id)) return undefined;
  const index = Number.parseInt(id.slice(-4), 16);
  return index >= 1 && index <= MAX_JOBS ? { runId: toRunId(id), index } : undefined;
}

/**
 * The base of a stored run: its name for runs made over REST; for one made with kubectl under any other name, its UID
 * with the last four digits zeroed.
 */
export const runIdOf = (metadata: { name: string; uid: string }): string =>
  isRunId(metadata.name) ? metadata.name : toRunId(metadata.uid);
