import type { JobStatus } from '../../contract/group-run.ts';
import { MAX_RESULT_BYTES } from '../../contract/job-definition.ts';
import { storedBytes, truncateStart } from '../../contract/stored-size.ts';

/** The CRD allows 4,096 characters: one longer kubelet message would make the whole status invalid. */
const MAX_MESSAGE_BYTES = 2048;
/**
 * Maximum of the messages and results of a run, as stored. With a spec of MAX_SPEC_BYTES and 1,000 jobs the object still fits into
 * etcd. A job has a message or a result, never both.
 */
const ALL_TEXTS_BYTES = 400_000;

/** The status of one of `jobs` jobs, with as much text as its run can store of each: the end of a message, a whole result or none. */
export function fittedStatus(status: JobStatus, jobs: number): JobStatus {
  const room = Math.floor(ALL_TEXTS_BYTES / jobs);
  const { message, result, ...rest } = status;
  return {
    ...rest,
    ...(message && { message: truncateStart(message, Math.min(MAX_MESSAGE_BYTES, room)) }),
    ...(result && (fits(result, room) ? { result } : { resultTooLarge: true })),
  };
}

/** Its quotes do not count. */
const fits = (result: string, room: number): boolean => storedBytes(result) - 2 <= Math.min(MAX_RESULT_BYTES, room);
