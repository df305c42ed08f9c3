import type { GroupRun, GroupRunSpec } from '../../contract/group-run.ts';
import type { ActiveRuns } from './active-runs.ts';

/** The stored runs, by base. What cannot be done because the API server has no answer rejects with ServiceUnavailable. */
export interface RunStore {
  /**
   * Stores a run in one write; when it resolves, the run is accepted. Where there is one with this base already, nothing
   * is written, and it resolves with that. Throws an HttpError where the cluster's quota (429) or policy (422) forbids it.
   */
  create(runId: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<GroupRun | undefined>;
  /** From the cache, else from the API server: any replica knows a run that another accepted a moment ago. */
  find(runId: string): Promise<GroupRun | undefined>;
  /** All runs in the cache. Throws ServiceUnavailable before all are in it. */
  list(): GroupRun[];
  /** Calls the listener after each change of that run in the cache, until the function it returns is called. */
  subscribe(runId: string, listener: () => void): () => void;
  /** Counts the runs that are not over. */
  readonly active: Pick<ActiveRuns, 'total' | 'inGroup'>;
  /** For how many seconds the cache may have missed something; 0 where it is current. */
  readonly cacheAgeSeconds: number;
  /** Stores the wish to end a run, or one of its jobs; undefined where there is no such run. Can be repeated. */
  cancel(name: string, job?: string): Promise<GroupRun | undefined>;
}
