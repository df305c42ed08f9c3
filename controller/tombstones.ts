import { LRUCache } from 'lru-cache';
import { hasOutcome } from './decide/observed.ts';
import type { Job, Pod } from './decide/types.ts';
import { JOB_NAME_LABEL } from './observe.ts';

/** Only for the moment until the run is reconciled; afterwards the status holds what they tell. */
const MAX_JOBS = 1000;
/** Of one Job. Its backoffLimit allows 21, but pods that a disruption or an operator deletes do not count. */
const MAX_PODS = 50;

/**
 * The last versions of Jobs and pods that were deleted. What a watch has shown must count, although the object is gone before
 * its run is reconciled: a Job deleted right after it completed has succeeded. Lost at a restart, as are the objects.
 */
export class Tombstones {
  readonly #jobs = new LRUCache<string, Job>({ max: MAX_JOBS });
  /** By the name of their Job, then by UID. */
  readonly #pods = new LRUCache<string, Map<string, Pod>>({ max: MAX_JOBS });

  /** Remembers a deleted Job if it had ended. */
  addJob(job: Job): void {
    if (hasOutcome(job)) this.#jobs.set(job.metadata.uid, job);
  }

  addPod(pod: Pod): void {
    const jobName = pod.metadata.labels?.[JOB_NAME_LABEL];
    if (jobName === undefined) return;
    const pods = this.#pods.get(jobName) ?? new Map<string, Pod>();
    this.#pods.set(jobName, pods.set(pod.metadata.uid, pod));
    const [oldest] = pods.keys();
    if (pods.size > MAX_PODS) pods.delete(oldest!);
  }

  /** The deleted Job with this UID, if it had ended. */
  job(uid: string): Job | undefined {
    return this.#jobs.get(uid);
  }

  /** The deleted pods of the Job with this name. */
  pods(jobName: string): Pod[] {
    return [...(this.#pods.get(jobName)?.values() ?? [])];
  }
}
