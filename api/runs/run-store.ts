import type { GroupRun, GroupRunSpec } from '../../contract/group-run.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { PageCursor } from '../views/page-cursor.ts';
import type { ActiveRuns } from './active-runs.ts';
import type { ChangeLog } from './change-log.ts';

/** The stored runs, by run id. Methods that call the API server reject with ServiceUnavailable if it does not respond. */
export interface RunStore {
  /**
   * Stores a run in one write, and resolves with undefined once the API server has acknowledged it. If a run with this id
   * exists, writes nothing and resolves with that run. Throws an HttpError if a quota (429) or a policy (422) denies it.
   */
  create(runId: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<GroupRun | undefined>;
  /**
   * Asks the API server whether it would store the run, and stores nothing. Throws an HttpError if a quota (429) or a policy (422)
   * denies it.
   */
  check(runId: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<void>;
  /**
   * From the cache, else from the API server: another replica may have stored the run a moment ago. A run that was not found
   * may stay so for a second. Throws an HttpError (429) if the caller, a rateLimitKey, asks for too many runs that do not exist.
   */
  find(runId: string, caller: string): Promise<RunRecord | undefined>;
  /** As `find`, but a run that was not found before is looked for again. */
  findLatest(runId: string, caller: string): Promise<RunRecord | undefined>;
  /** The run with its definitions, from the API server: the cache has none of finished runs. Undefined if it was deleted. */
  withDefinitions(run: RunRecord): Promise<GroupRun | undefined>;
  /** The groups that have runs in the cache. Throws ServiceUnavailable until the first list is complete. */
  groups(): string[];
  /** The runs in the cache, newest first: all or those of one group, from the first after a place. Throws as `groups`. */
  list(group?: string, after?: PageCursor): Generator<RunRecord, undefined>;
  /** The run in the cache. */
  cached(runId: string): RunRecord | undefined;
  /** The latest changes of all runs in the cache. */
  readonly changes: Pick<ChangeLog, 'newest' | 'since' | 'next'>;
  /** Calls `listener` after each change of the run in the cache. The returned function unsubscribes. */
  subscribe(runId: string, listener: () => void): () => void;
  /** Counts of active runs. */
  readonly active: Pick<ActiveRuns, 'total' | 'inGroup'>;
  /** How long the cache may have missed changes, in seconds; 0 while it is current. */
  readonly cacheAgeSeconds: number;
  /** Asks for the end of a run, or of one of its jobs. Resolves with undefined if the run does not exist. Idempotent. */
  cancel(name: string, job?: string): Promise<GroupRun | undefined>;
}
