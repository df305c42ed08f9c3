import { type GroupRun, KIND } from '../contract/group-run.ts';
import { jobId, runIdOf } from '../contract/ids.ts';
import { MANAGED_SELECTOR, RUN_LABEL } from '../contract/labels.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { refusal } from '../kube/denial.ts';
import { forEachLimited } from './concurrency.ts';
import type { Cause } from './decide/cause.ts';
import { buildJob } from './decide/job.ts';
import type { ObservedRun } from './decide/observed.ts';
import { stopPatch } from './decide/stop.ts';
import { transformJob } from './decide/transform.ts';
import type { Job, Pod } from './decide/types.ts';
import { controllerOf, type Observer, owns } from './observe.ts';

interface Deps {
  client: Pick<KubeClient, 'request'>;
  observer: Observer;
  /** API server path of the namespace's Jobs. */
  path: string;
  /** API server path of the namespace's pods. */
  podsPath: string;
  jobImage: string;
  writeOptions: () => RequestOptions;
}

const MERGE = 'application/merge-patch+json';
/** Deletes the pods too. */
const BACKGROUND = { propagationPolicy: 'Background' };
const MAX_MESSAGE = 2048;
/** The API server answers with all that it has deleted. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

/** Creates, stops and deletes Jobs, and adds each result to the observed run. Throws errors that should be retried. */
export class JobWriter {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Creates the Job of definition `index` (from 1), or adopts the one created by an earlier call whose response was lost. */
  async create(observed: ObservedRun, index: number): Promise<void> {
    const { client, path, jobImage, writeOptions } = this.#deps;
    const id = jobId(runIdOf(observed.run.metadata), index);
    try {
      const body = buildJob(observed.run, index, jobImage);
      const job = await client.request<Job>('POST', path, { ...writeOptions(), body, idempotent: true });
      observed.jobs.set(id, transformJob(job));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const refused = refusal(error, 'Job');
      if (error.reason === 'AlreadyExists') {
        const job = await this.#deps.observer.job(id);
        if (job && owns(observed.run, job)) await this.#deps.observer.adopt(observed, job);
        else if (job) observed.denied.set(id, nameTaken(observed.run, job));
        else throw error; // Deleted in the meantime: the retry creates it.
        return;
      }
      if (!refused) throw error;
      observed[refused].set(id, error.message.slice(0, MAX_MESSAGE));
    }
  }

  /** Suspends a Job for good. The Job controller then deletes its pods. */
  async stop(observed: ObservedRun, job: Job, cause: Cause): Promise<void> {
    const stopped = await this.#patch(job, stopPatch(job, cause));
    if (stopped) observed.jobs.set(job.metadata.name, transformJob(stopped));
  }

  /**
   * Deletes all Jobs of a run that is over, in one call. If others have given its labels to Jobs of their own, only these, one by one.
   * If it fails, some are deleted.
   */
  async removeAll(run: GroupRun, all: Job[]): Promise<void> {
    const { client, observer, path, writeOptions } = this.#deps;
    if (observer.hasForeignJobs(run)) return forEachLimited(all, (job) => this.remove(job));
    const query = { labelSelector: `${MANAGED_SELECTOR},${RUN_LABEL}=${runIdOf(run.metadata)}` };
    const options = { ...writeOptions(), query, body: BACKGROUND, accept: METADATA_ONLY, idempotent: true };
    await client.request('DELETE', path, options);
  }

  /** Deletes a Job whose end is stored, in the version that was read: it may have changed since. */
  async remove({ metadata: { name, uid, resourceVersion } }: Job): Promise<void> {
    const { client, path, writeOptions } = this.#deps;
    const body = { ...BACKGROUND, preconditions: { uid, resourceVersion } };
    const options = { ...writeOptions(), body, idempotent: true };
    await ignoreNotFound(client.request('DELETE', `${path}/${name}`, options));
  }

  /** Deletes a pod (with this UID), where deleting or suspending its Job would not. */
  async deletePod({ metadata: { name, uid } }: Pod): Promise<void> {
    const { client, podsPath, writeOptions } = this.#deps;
    const options = { ...writeOptions(), body: { preconditions: { uid } }, idempotent: true };
    await ignoreNotFound(client.request('DELETE', `${podsPath}/${name}`, options));
  }

  #patch(job: Job, body: object): Promise<Job | undefined> {
    const { client, path, writeOptions } = this.#deps;
    const options = { ...writeOptions(), body, contentType: MERGE, idempotent: true };
    return ignoreNotFound(client.request<Job>('PATCH', `${path}/${job.metadata.name}`, options));
  }
}

/** Why the run cannot have this Job, which has the name of one of its own. */
const nameTaken = (run: GroupRun, job: Job): string =>
  isLeftOver(run, job)
    ? `The Job ${job.metadata.name} of an earlier run is not gone yet`
    : `A Job named ${job.metadata.name} exists and does not belong to this run`;

/** A Job that will disappear soon: it is being deleted, or its owner was an earlier run of this name (garbage collection). */
function isLeftOver(run: GroupRun, job: Job): boolean {
  const owner = controllerOf(job);
  const isOfEarlierRun = owner?.kind === KIND && owner.name === run.metadata.name && !owns(run, job);
  return isOfEarlierRun || job.metadata.deletionTimestamp !== undefined;
}

/**
 * Returns undefined if the Job does not exist. Throws all other errors, so that the run is requeued. That includes 409 (another
 * Job of this name, or a concurrent write): no later event is certain to requeue the run.
 */
async function ignoreNotFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}
