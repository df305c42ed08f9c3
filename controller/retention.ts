import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { forEachLimited } from './concurrency.ts';
import { compareTimes } from './decide/time.ts';
import { type CachedRun, type FinishedRun, isFinished } from './finished-run.ts';

/** Nobody waits for it. */
const MAX_CONCURRENT = 8;

export interface RetentionPolicy {
  /** Finished runs older than this are deleted; seconds since their end. */
  maxAgeSeconds: number;
  /** Finished runs kept per group, the latest. */
  maxPerGroup: number;
  /** The sizes of all kept finished runs, the latest, together. */
  maxJobs: number;
  /** Finished runs younger than this are always kept, so that clients that wait for a run see its end; seconds. */
  minAgeSeconds: number;
}

/** The finished runs to delete: too old, too many of their group, or too many jobs of all groups. Never an unfinished run. */
export function expiredRuns(runs: CachedRun[], policy: RetentionPolicy, now: Date): FinishedRun[] {
  const { maxAgeSeconds, maxPerGroup, maxJobs, minAgeSeconds } = policy;
  const over = runs.filter(isFinished).filter(({ metadata }) => !metadata.deletionTimestamp);
  const keptOfGroup = new Map<string, number>();
  let jobs = 0;
  return over
    .toSorted((a, b) => compareTimes(b.endedAt, a.endedAt))
    .filter(({ spec: { group }, endedAt, size }) => {
      const ageSeconds = (now.getTime() - Date.parse(endedAt)) / 1000;
      const ofGroup = keptOfGroup.get(group) ?? 0;
      if (ageSeconds > maxAgeSeconds || (ofGroup >= maxPerGroup && ageSeconds > minAgeSeconds)) return true;
      keptOfGroup.set(group, ofGroup + 1);
      // It grows also with a run that goes, so that all older ones go too.
      jobs += size;
      return jobs > maxJobs && ageSeconds > minAgeSeconds;
    });
}

/** Deletes runs (by UID) until the signal aborts. The garbage collector deletes their Jobs and pods (owner references). */
export async function deleteRuns(
  client: Pick<KubeClient, 'request'>,
  path: string,
  runs: Pick<FinishedRun, 'metadata'>[],
  writeOptions: () => RequestOptions,
  signal: AbortSignal,
): Promise<void> {
  const remove = async ({ metadata: { name, uid } }: Pick<FinishedRun, 'metadata'>) => {
    if (signal.aborted) return;
    const body = { propagationPolicy: 'Background', preconditions: { uid } };
    try {
      await client.request('DELETE', `${path}/${name}`, { ...writeOptions(), body, idempotent: true });
    } catch (error) {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error;
    }
  };
  await forEachLimited(runs, remove, { concurrent: MAX_CONCURRENT });
}
