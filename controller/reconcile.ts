import { LRUCache } from 'lru-cache';
import { type GroupRun, isTerminal } from '../contract/group-run.ts';
import { forEachLimited } from './concurrency.ts';
import { jobsToCleanUp, podsToDelete } from './decide/clean-up.ts';
import { type CreatePace, nextPace, UNPACED } from './decide/create-pace.ts';
import { groupFailure } from './decide/needs.ts';
import { type ObservedRun, snapshot } from './decide/observed.ts';
import { jobsToCreate, jobsToStop, nextChange, nextCreateAt, plannedStatus, podsAreLate } from './decide/plan.ts';
import { rejectedStatus } from './decide/rejected-run.ts';
import type { JobWriter } from './job-writer.ts';
import type { Observer } from './observe.ts';
import type { StatusWriter } from './status-writer.ts';

export interface Deps {
  statuses: StatusWriter;
  observer: Observer;
  jobs: JobWriter;
  /** How long the Jobs of a run stay after its end, seconds. */
  jobTtlSeconds: number;
  /** Called if Jobs have had no pods for long without any known reason. */
  onPodsLate: (run: GroupRun) => void;
  /** Requeues the run after `ms` milliseconds. */
  requeueAfter: (name: string, ms: number) => void;
  now: () => Date;
  random?: () => number;
}

/** A run that is forgotten is tried sooner than it need be. */
const MAX_PACES = 10_000;
const REPEAT_CLEAN_UP_MS = 10_000;
const MAX_CLEANED_UP = 1000;
const MAX_CONCURRENT_AFTER_DENIAL = 8;

/**
 * Reconciles one run: observes, creates and stops Jobs, writes the status at most once, and cleans up Jobs whose end is
 * recorded. The decisions are pure functions (decide/). The process may be killed between any two calls. Throws errors that
 * should be retried.
 */
export class Reconciler {
  readonly #deps: Deps;
  /** By the UID of runs of which a create was denied. */
  readonly #paces = new LRUCache<string, CreatePace>({ max: MAX_PACES });
  /** When the Jobs of runs were deleted, milliseconds since the epoch, by the UID of the run. */
  readonly #cleanedUpAt = new LRUCache<string, number>({ max: MAX_CLEANED_UP });

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async reconcile(name: string): Promise<void> {
    const { statuses, observer } = this.#deps;
    const stored = statuses.stored(name);
    if (!stored || stored.metadata.deletionTimestamp) return;
    const observed = observer.cached(statuses.known(stored));
    const isOver = stored.status !== undefined && isTerminal(stored.status.state);
    // Only what is stored is a reason to delete anything.
    await this.#cleanUp(snapshot({ ...observed, run: isOver ? stored : await this.#advance(observed, stored) }));
  }

  /** Has what is left of jobs whose end is stored deleted, now or later. */
  async #cleanUp(observed: ObservedRun): Promise<void> {
    const { jobs, jobTtlSeconds, now, requeueAfter } = this.#deps;
    const { name, uid } = observed.run.metadata;
    const at = now();
    const { together, singly, nextAt } = jobsToCleanUp(observed, jobTtlSeconds, at);
    if (together.length > 0) {
      // The cache still has Jobs that were just deleted.
      const repeatAt = (this.#cleanedUpAt.get(uid) ?? Number.NEGATIVE_INFINITY) + REPEAT_CLEAN_UP_MS;
      if (at.getTime() >= repeatAt) {
        await jobs.removeAll(observed.run, together);
        this.#cleanedUpAt.set(uid, at.getTime());
      }
      requeueAfter(name, REPEAT_CLEAN_UP_MS);
    }
    await forEachLimited(singly, (job) => jobs.remove(job));
    await forEachLimited(podsToDelete(observed, at), (pod) => jobs.deletePod(pod));
    if (Number.isFinite(nextAt)) requeueAfter(name, Math.max(0, nextAt - at.getTime()));
  }

  /**
   * Creates and stops Jobs, writes the status of the stored run, and requeues it for its next deadline. Returns it as it is stored
   * now.
   */
  async #advance(observed: ObservedRun, stored: GroupRun): Promise<GroupRun> {
    const { statuses, observer, jobs, now, requeueAfter } = this.#deps;
    const { name, uid } = stored.metadata;
    // Read the clock once: a deadline that passes between two reads would be neither acted on nor requeued for.
    const at = now();
    const rejected = rejectedStatus(observed, at);
    if (rejected) return statuses.write(stored, rejected);
    await observer.confirm(observed, at);
    const before = snapshot(observed);
    const acting = await Promise.allSettled([
      this.#create(observed, before, at),
      forEachLimited(jobsToStop(before, at), ({ job, cause }) => jobs.stop(observed, job, cause)),
    ]);
    const failed = acting.find((result) => result.status === 'rejected');
    const status = plannedStatus(observed, at);
    const written = await statuses.write(stored, status);
    // After the status write, so that the calls that succeeded are recorded.
    if (failed) throw failed.reason;
    const decided = snapshot({ ...observed, run: { ...observed.run, status } });
    if (podsAreLate(decided, at)) this.#deps.onPodsLate(written);
    // The other jobs are stopped by the next pass, which first asks whether those without a Job have none.
    const failsNow = groupFailure(decided.run) !== undefined && groupFailure(observed.run) === undefined;
    const next = failsNow
      ? at.getTime()
      : Math.min(nextChange(decided, at), nextCreateAt(decided, at, this.#paces.get(uid) ?? UNPACED));
    if (Number.isFinite(next)) requeueAfter(name, Math.max(0, next - now().getTime()));
    return written;
  }

  /** Creates Jobs up to the first denial: those that are due according to `before`. */
  async #create(observed: ObservedRun, before: ObservedRun, at: Date): Promise<void> {
    const { observer, jobs, random = Math.random } = this.#deps;
    const { uid } = observed.run.metadata;
    const pace = this.#paces.get(uid) ?? UNPACED;
    const tried: number[] = [];
    const create = (index: number) => {
      tried.push(index);
      return jobs.create(observed, index);
    };
    const isDenied = () => observed.denied.size > 0;
    // A denied run goes on with fewer calls: most of them are in vain.
    const limits = { isEnough: isDenied, ...(pace === UNPACED ? {} : { concurrent: MAX_CONCURRENT_AFTER_DENIAL }) };
    const creating = await Promise.allSettled([forEachLimited(jobsToCreate(before, at, pace), create, limits)]);
    if (isDenied()) {
      this.#paces.set(uid, nextPace(observed, pace, tried, at, random()));
      await observer.confirmDenied(observed, at);
    } else if (tried.length > 0) this.#paces.delete(uid);
    if (creating[0].status === 'rejected') throw creating[0].reason;
  }
}
