import { type GroupRun, isTerminal } from '../contract/group-run.ts';
import { runIdOf } from '../contract/ids.ts';
import type { JobDefinition } from '../contract/job-definition.ts';
import { RUN_LABEL } from '../contract/labels.ts';
import type { paths } from '../contract/paths.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { forEachLimited } from './concurrency.ts';
import { newestEvent } from './decide/events.ts';
import { isFailedByPods, isIgnored } from './decide/failure.ts';
import { podOnLostNode } from './decide/node-lost.ts';
import { jobIds, nothingObserved, type ObservedRun } from './decide/observed.ts';
import { jobsToConfirm } from './decide/plan.ts';
import { hasActivePods, terminated, trueCondition } from './decide/pods.ts';
import { succeededPod } from './decide/result.ts';
import { stopCause } from './decide/stop.ts';
import { transformJob, transformPod } from './decide/transform.ts';
import type { Event, Job, Pod } from './decide/types.ts';

/** Labels that the Job controller sets on each pod. */
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
const CONTROLLER_UID_LABEL = 'batch.kubernetes.io/controller-uid';
/** For more Jobs the URL would be long: then all pods of the run are asked for. */
const MAX_NAMES = 100;

export interface Caches {
  runs: { get(name: string): GroupRun | undefined };
  /** Jobs by run id. */
  jobs: { byIndex(runId: string): Job[] };
  /** Pods by the name of their Job. */
  pods: { byIndex(jobName: string): Pod[] };
  /** FailedCreate events by the name of their Job. */
  failedCreates: { byIndex(jobName: string): Event[] };
  /** Events that say why a pod cannot be set up, by the name of the pod. */
  podEvents: { byIndex(podName: string): Event[] };
  /** What was deleted, as it was last seen. */
  tombstones: { job(uid: string): Job | undefined; pods(jobName: string): Pod[] };
}

/** Reads the state of a run's Jobs and pods: from the caches, and from the API server before irreversible decisions. */
export class Observer {
  readonly #client: Pick<KubeClient, 'request'>;
  readonly #caches: Caches;
  readonly #paths: ReturnType<typeof paths>;

  constructor(client: Pick<KubeClient, 'request'>, caches: Caches, urls: ReturnType<typeof paths>) {
    this.#client = client;
    this.#caches = caches;
    this.#paths = urls;
  }

  /** The state of a run according to the caches. */
  cached(run: GroupRun): ObservedRun {
    const observed = nothingObserved(run);
    for (const job of this.#caches.jobs.byIndex(runIdOf(run.metadata))) if (owns(run, job)) this.#add(observed, job);
    for (const [index, id] of jobIds(run).entries()) {
      const jobUID = run.status?.jobs?.[index]?.jobUID;
      if (jobUID !== undefined && !observed.jobs.has(id)) this.#addPods(observed, id, jobUID);
    }
    return observed;
  }

  /**
   * Asks the API server before irreversible decisions, since caches may lag: whether a recorded Job is really deleted, whether
   * a job about to end without a Job really has none, which pods a stopped Job still has, and how the pods of a Job with an outcome
   * ended.
   */
  async confirm(observed: ObservedRun, now: Date): Promise<void> {
    const { run, jobs, pods, deleted } = observed;
    const toConfirm = new Set(jobsToConfirm(observed, now));
    const lacking: Job[] = [];
    await forEachLimited([...jobIds(run).entries()], async ([index, id]) => {
      const { jobUID, state } = run.status?.jobs?.[index] ?? {};
      if (state && isTerminal(state)) return;
      if (toConfirm.has(id) || (jobUID !== undefined && jobs.get(id)?.metadata.uid !== jobUID)) {
        const live = await this.job(id);
        jobs.delete(id);
        if (live && owns(run, live) && (jobUID === undefined || live.metadata.uid === jobUID))
          this.#add(observed, live);
        else if (jobUID !== undefined) {
          deleted.add(id);
          const last = this.#caches.tombstones.job(jobUID);
          if (last) jobs.set(id, last);
          this.#addPods(observed, id, jobUID);
        }
      }
      const job = jobs.get(id);
      const cached = pods.get(id) ?? [];
      const definition = run.spec.jobs[index]!;
      if (job && (lacksPods(job, cached, definition) || isEnding(job, cached, now))) lacking.push(job);
    });
    await this.#readPods(observed, lacking);
  }

  /** Adds a Job of the run that the cache lacks. If it has ended, its pods are read too: the cache may lack them, and they tell why. */
  async adopt(observed: ObservedRun, job: Job): Promise<void> {
    this.#add(observed, job);
    if (job.status?.conditions?.length) await this.#readPods(observed, [job]);
  }

  /** Replaces the pods of these Jobs by those that the API server has. */
  async #readPods({ run, pods, deletedPods }: ObservedRun, jobs: Job[]): Promise<void> {
    if (jobs.length === 0) return;
    const live = await this.#podsOf(run, jobs);
    for (const { metadata } of jobs) {
      const { name, uid } = metadata;
      pods.set(name, podsOwnedBy(live.get(name) ?? [], uid));
      // Also those that were deleted while the answer was under way.
      deletedPods.set(name, podsOwnedBy(this.#caches.tombstones.pods(name), uid));
    }
  }

  /**
   * Asks for the Jobs of jobs that are about to end because their create was denied: a policy may deny what an earlier call, whose
   * response was lost, has created. Of the others the cache tells in time. If it throws, the jobs that it asked for do not end.
   */
  async confirmDenied(observed: ObservedRun, now: Date): Promise<void> {
    const { run, denied } = observed;
    const ending = jobsToConfirm(observed, now).flatMap((id) => {
      const message = denied.get(id);
      return message === undefined ? [] : [{ id, message }];
    });
    for (const { id } of ending) denied.delete(id);
    await forEachLimited(ending, async ({ id, message }) => {
      const live = await this.job(id);
      if (live && owns(run, live)) await this.adopt(observed, live);
      else denied.set(id, message);
    });
  }

  /** Whether the cache has Jobs with the labels of this run that it does not own. */
  hasForeignJobs(run: GroupRun): boolean {
    return this.#caches.jobs.byIndex(runIdOf(run.metadata)).some((job) => !owns(run, job));
  }

  /** The Job of this name, read from the API server. */
  async job(id: string): Promise<Job | undefined> {
    try {
      return transformJob(await this.#client.request<Job>('GET', `${this.#paths.jobs}/${id}`));
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  #add(observed: ObservedRun, job: Job): void {
    const { jobs, failedCreates } = observed;
    const { name, uid } = job.metadata;
    jobs.set(name, job);
    this.#addPods(observed, name, uid);
    const events = this.#caches.failedCreates.byIndex(name).filter(({ involvedObject }) => involvedObject.uid === uid);
    const last = newestEvent(events);
    if (last) failedCreates.set(name, last);
  }

  /** Adds the pods of the Job with this name and UID, whether or not the Job still exists, and the Events about them. */
  #addPods({ pods, deletedPods, podEvents }: ObservedRun, jobName: string, jobUID: string): void {
    const owned = podsOwnedBy(this.#caches.pods.byIndex(jobName), jobUID);
    pods.set(jobName, owned);
    podEvents.set(
      jobName,
      owned.flatMap(({ metadata }) => this.#caches.podEvents.byIndex(metadata.name)),
    );
    deletedPods.set(jobName, podsOwnedBy(this.#caches.tombstones.pods(jobName), jobUID));
  }

  /** The pods of these Jobs by the name of their Job, read from the API server in one call. */
  async #podsOf(run: GroupRun, jobs: Job[]): Promise<Map<string | undefined, Pod[]>> {
    const names = jobs.map(({ metadata }) => metadata.name);
    const labelSelector =
      names.length > MAX_NAMES ? `${RUN_LABEL}=${runIdOf(run.metadata)}` : `${JOB_NAME_LABEL} in (${names.join(',')})`;
    const query = { labelSelector };
    const { items = [] } = await this.#client.request<{ items?: Pod[] }>('GET', this.#paths.pods, { query });
    return Map.groupBy(items.map(transformPod), ({ metadata }) => metadata.labels?.[JOB_NAME_LABEL]);
  }
}

/** The owner reference with `controller: true`; an object has at most one. */
export const controllerOf = (job: Job) => job.metadata.ownerReferences?.find(({ controller }) => controller);

export const owns = (run: GroupRun, job: Job): boolean => controllerOf(job)?.uid === run.metadata.uid;

/** Drops pods of an earlier Job of the same name. */
const podsOwnedBy = (pods: Pod[], jobUID: string): Pod[] =>
  pods.filter(({ metadata }) => (metadata.labels?.[CONTROLLER_UID_LABEL] ?? jobUID) === jobUID);

/** Whether a stopped Job may end its job now: the Job controller counts no pods of it any more, or the node of one is lost. */
const isEnding = (job: Job, pods: Pod[], now: Date): boolean =>
  job.spec?.suspend === true &&
  stopCause(job) !== undefined &&
  trueCondition(job, 'Suspended') !== undefined &&
  (!hasActivePods(job) || podOnLostNode(pods, true, now) !== undefined);

/** Whether the Job has its outcome, but the cache lacks terminated pods that explain it: that which succeeded has the result. */
function lacksPods(job: Job, pods: Pod[], definition: JobDefinition): boolean {
  const succeeded = trueCondition(job, 'SuccessCriteriaMet', 'Complete') !== undefined;
  if (!isFailedByPods(job) && !succeeded) return false;
  if (succeeded && !succeededPod(pods)) return true;
  // Others are not among those that the Job counts as failed, and do not tell why the Job did.
  const telling = pods.filter((pod) => terminated(pod) && !isIgnored(definition, pod));
  return telling.length < Math.max(1, job.status?.failed ?? 0);
}
