import { isDeepStrictEqual } from 'node:util';
import { ApiError, type KubeClient } from '../kube/client.ts';
import { API_GROUP, API_VERSION, type GroupRun, isTerminal, PLURAL } from '../kube/group-run.ts';
import { jobId, runBase } from '../kube/ids.ts';
import type { Log } from '../kube/log.ts';
import { needsPod, terminated, trueCondition } from './failure.ts';
import { buildJob } from './job.ts';
import { jobIds, jobsToCreate, type ObservedRun, plannedStatus } from './plan.ts';
import type { Job, Pod } from './types.ts';

export interface Deps {
  client: Pick<KubeClient, 'request'>;
  namespace: string;
  jobImage: string;
  runs: { get(name: string): GroupRun | undefined };
  jobs: { get(name: string): Job | undefined };
  /** Pods by the name of their Job. */
  pods: { byIndex(jobName: string): Pod[] };
  /** Has the run looked at again in `ms` milliseconds. */
  requeueAfter: (name: string, ms: number) => void;
  log: Log;
  now: () => Date;
}

/** Calls in flight for one run. */
const PARALLEL = 8;
const CONFLICT_MS = 200;
const QUOTA_MS = 5000;

export const paths = (namespace: string) => ({
  runs: `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/${PLURAL}`,
  jobs: `/apis/batch/v1/namespaces/${namespace}/jobs`,
  pods: `/api/v1/namespaces/${namespace}/pods`,
});

/** On each pod of a Job, set by the Job controller. */
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
const CONTROLLER_UID_LABEL = 'batch.kubernetes.io/controller-uid';

/**
 * Brings one run forward: reads what is there, makes the Jobs that are missing, writes the status once. Never both
 * decides and acts; can be killed between any two calls. Throws what is worth trying again.
 */
export class Reconciler {
  readonly #deps: Deps;
  readonly #paths: ReturnType<typeof paths>;
  /** Answers to our own writes, until the cache has them: a stale cache must not undo a status. */
  readonly #written = new Map<string, GroupRun>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#paths = paths(deps.namespace);
  }

  async reconcile(name: string): Promise<void> {
    const run = this.#read(name);
    if (!run || run.metadata.deletionTimestamp || (run.status && isTerminal(run.status.state))) return;
    const observed = this.#cached(run);
    await this.#confirm(observed);
    const create = jobsToCreate(observed);
    let waiting = false;
    const errors: unknown[] = [];
    await eachLimited(create, async (index) => {
      try {
        waiting = !(await this.#create(observed, index)) || waiting;
      } catch (error) {
        errors.push(error);
      }
    });
    await this.#write(run, plannedStatus(observed, this.#deps.now()));
    // Only now: what did succeed is recorded whatever else failed.
    if (errors.length > 0) throw errors[0];
    if (waiting) this.#deps.requeueAfter(name, QUOTA_MS);
  }

  /** The newest version known. */
  #read(name: string): GroupRun | undefined {
    const cached = this.#deps.runs.get(name);
    const written = this.#written.get(name);
    if (cached && written?.metadata.uid === cached.metadata.uid) {
      if (BigInt(written.metadata.resourceVersion) > BigInt(cached.metadata.resourceVersion)) return written;
    }
    this.#written.delete(name);
    return cached;
  }

  #cached(run: GroupRun): ObservedRun {
    const observed: ObservedRun = { run, jobs: new Map(), pods: new Map(), vanished: new Set(), rejected: new Map() };
    for (const id of jobIds(run)) {
      const job = this.#deps.jobs.get(id);
      if (!job || !owns(run, job)) continue;
      observed.jobs.set(id, job);
      observed.pods.set(id, ofJob(this.#deps.pods.byIndex(id), job));
    }
    return observed;
  }

  /** Asks the API server where an end would be decided on what a lagging cache may not have yet. */
  async #confirm({ run, jobs, pods, vanished }: ObservedRun): Promise<void> {
    const recorded = new Map(run.status?.jobs?.map((job) => [job.id, job]));
    await eachLimited(jobIds(run), async (id) => {
      const { jobUID, state } = recorded.get(id) ?? {};
      if (state && isTerminal(state)) return;
      if (jobUID !== undefined && jobs.get(id)?.metadata.uid !== jobUID) {
        const live = await this.#getJob(id);
        pods.delete(id);
        if (live?.metadata.uid === jobUID) {
          jobs.set(id, live);
          pods.set(id, ofJob(this.#deps.pods.byIndex(id), live));
        } else {
          jobs.delete(id);
          vanished.add(id);
        }
      }
      const job = jobs.get(id);
      if (!job || !lacksPods(job, pods.get(id) ?? [])) return;
      const query = { labelSelector: `${JOB_NAME_LABEL}=${id}` };
      const list = await this.#deps.client.request<{ items?: Pod[] }>('GET', this.#paths.pods, { query });
      pods.set(id, ofJob(list.items ?? [], job));
    });
  }

  async #getJob(id: string): Promise<Job | undefined> {
    try {
      return await this.#deps.client.request<Job>('GET', `${this.#paths.jobs}/${id}`);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /**
   * Makes one Job, or adopts the one an earlier, unrecorded call made, and adds what comes of it to what is observed.
   * False when a quota is in the way for now. Throws what says nothing of the Job.
   */
  async #create({ run, jobs, rejected }: ObservedRun, index: number): Promise<boolean> {
    const id = jobId(runBase(run.metadata), index);
    try {
      const body = buildJob(run, index, this.#deps.jobImage);
      jobs.set(id, await this.#deps.client.request<Job>('POST', this.#paths.jobs, { body }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 403 && error.message.includes('exceeded quota')) return false;
      // Not 403: a role that is wrong for a while must not cost an accepted job.
      if (error.code === 400 || error.code === 422) rejected.set(id, error.message.slice(0, 2048));
      else if (error.reason === 'AlreadyExists') {
        const job = await this.#getJob(id);
        if (!job) throw error; // Gone in between: the next try makes it.
        if (owns(run, job)) jobs.set(id, job);
        else rejected.set(id, `A Job named ${id} exists and does not belong to this run`);
      } else throw error;
    }
    return true;
  }

  async #write(run: GroupRun, wanted: GroupRun['status']): Promise<void> {
    const { name, resourceVersion } = run.metadata;
    const status = JSON.parse(JSON.stringify(wanted));
    if (isDeepStrictEqual(status, run.status)) return;
    try {
      const written = await this.#deps.client.request<GroupRun>('PATCH', `${this.#paths.runs}/${name}/status`, {
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion }, status },
      });
      this.#written.set(name, written);
      if (status.state !== run.status?.state) {
        this.#deps.log('run changed state', { run: name, group: run.spec.group, state: status.state });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 409) this.#deps.requeueAfter(name, CONFLICT_MS);
      else if (error.code !== 404) throw error; // 404: the run was deleted, its cache entry goes next.
    }
  }
}

const owns = (run: GroupRun, job: Job): boolean =>
  job.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === run.metadata.uid) ?? false;

/** Without pods of an earlier Job of the same name. */
const ofJob = (pods: Pod[], { metadata: { uid } }: Job): Pod[] =>
  pods.filter(({ metadata }) => (metadata.labels?.[CONTROLLER_UID_LABEL] ?? uid) === uid);

/** The Job is done, and the pods that say how are not all here. */
function lacksPods(job: Job, pods: Pod[]): boolean {
  if (!needsPod(job) && !trueCondition(job, 'SuccessCriteriaMet', 'Complete')) return false;
  return pods.filter(terminated).length < Math.max(1, job.status?.failed ?? 0);
}

/** Runs `work` on each item, at most PARALLEL at a time. Rejects with the first error. */
async function eachLimited<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
}
