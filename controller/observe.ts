import { type GroupRun, isTerminal } from '../contract/group-run.ts';
import { runIdOf } from '../contract/ids.ts';
import type { paths } from '../contract/paths.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { forEachLimited } from './concurrency.ts';
import { isBackoffLimitExceeded, terminated, trueCondition } from './decide/failure.ts';
import { jobIds, jobsToConfirm, type ObservedRun } from './decide/plan.ts';
import { stopCause } from './decide/stop.ts';
import { transformJob, transformPod } from './decide/transform.ts';
import type { Event, Job, Pod } from './decide/types.ts';

/** On each pod of a Job, set by the Job controller. */
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
const CONTROLLER_UID_LABEL = 'batch.kubernetes.io/controller-uid';

export interface Caches {
  runs: { get(name: string): GroupRun | undefined };
  /** Jobs by the base of their run. */
  jobs: { byIndex(runId: string): Job[] };
  /** Pods by the name of their Job. */
  pods: { byIndex(jobName: string): Pod[] };
  /** FailedCreate events by the name of their Job. */
  failedCreates: { byIndex(jobName: string): Event[] };
}

/** Reads what is there: from the caches, and from the API server where a cache that is behind would decide what cannot be undone. */
export class Observer {
  readonly #client: Pick<KubeClient, 'request'>;
  readonly #caches: Caches;
  readonly #paths: ReturnType<typeof paths>;

  constructor(client: Pick<KubeClient, 'request'>, caches: Caches, urls: ReturnType<typeof paths>) {
    this.#client = client;
    this.#caches = caches;
    this.#paths = urls;
  }

  /** What the caches hold of this run. */
  cached(run: GroupRun): ObservedRun {
    const observed: ObservedRun = {
      run,
      jobs: new Map(),
      pods: new Map(),
      failedCreates: new Map(),
      deleted: new Set(),
      invalid: new Map(),
      denied: new Map(),
    };
    for (const job of this.#caches.jobs.byIndex(runIdOf(run.metadata))) if (owns(run, job)) this.#add(observed, job);
    return observed;
  }

  /**
   * Has the API server itself say what cannot be taken back: that a recorded Job is gone, that a job which ends without a
   * Job has none, which pods a stopped Job still has, and how the pods of a failed one ended.
   */
  async confirm(observed: ObservedRun, now: Date): Promise<void> {
    const { run, jobs, pods, deleted } = observed;
    const recorded = new Map(run.status?.jobs?.map((job) => [job.id, job]));
    const toConfirm = new Set(jobsToConfirm(observed, now));
    await forEachLimited(jobIds(run), async (id) => {
      const { jobUID, state } = recorded.get(id) ?? {};
      if (state && isTerminal(state)) return;
      if (toConfirm.has(id) || (jobUID !== undefined && jobs.get(id)?.metadata.uid !== jobUID)) {
        const live = await this.job(id);
        jobs.delete(id);
        pods.delete(id);
        if (live && owns(run, live) && (jobUID === undefined || live.metadata.uid === jobUID))
          this.#add(observed, live);
        else if (jobUID !== undefined) deleted.add(id);
      }
      const job = jobs.get(id);
      if (job && (lacksPods(job, pods.get(id) ?? []) || isStopping(job))) pods.set(id, await this.#podsOf(job));
    });
  }

  /** The Job of that name as the API server has it now. */
  async job(id: string): Promise<Job | undefined> {
    try {
      return transformJob(await this.#client.request<Job>('GET', `${this.#paths.jobs}/${id}`));
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  #add({ jobs, pods, failedCreates }: ObservedRun, job: Job): void {
    const { name, uid } = job.metadata;
    jobs.set(name, job);
    pods.set(name, podsOwnedBy(this.#caches.pods.byIndex(name), job));
    const events = this.#caches.failedCreates.byIndex(name).filter(({ involvedObject }) => involvedObject.uid === uid);
    const last = events.toSorted((a, b) => (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? '')).at(-1);
    if (last) failedCreates.set(name, last);
  }

  async #podsOf(job: Job): Promise<Pod[]> {
    const query = { labelSelector: `${JOB_NAME_LABEL}=${job.metadata.name}` };
    const { items = [] } = await this.#client.request<{ items?: Pod[] }>('GET', this.#paths.pods, { query });
    return podsOwnedBy(items.map(transformPod), job);
  }
}

/** What made the Job and is followed in its deletion; an object has one such owner at most. */
export const controllerOf = (job: Job) => job.metadata.ownerReferences?.find(({ controller }) => controller);

export const owns = (run: GroupRun, job: Job): boolean => controllerOf(job)?.uid === run.metadata.uid;

/** Without pods of an earlier Job of the same name. */
const podsOwnedBy = (pods: Pod[], { metadata: { uid } }: Job): Pod[] =>
  pods.filter(({ metadata }) => (metadata.labels?.[CONTROLLER_UID_LABEL] ?? uid) === uid);

const isStopping = (job: Job): boolean =>
  job.spec?.suspend === true && stopCause(job) !== undefined && trueCondition(job, 'Suspended') !== undefined;

/** The Job is done, and the pods that say how are not all here. */
function lacksPods(job: Job, pods: Pod[]): boolean {
  if (!isBackoffLimitExceeded(job) && !trueCondition(job, 'SuccessCriteriaMet', 'Complete')) return false;
  return pods.filter(terminated).length < Math.max(1, job.status?.failed ?? 0);
}
