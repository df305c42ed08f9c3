import { type GroupRun, isTerminal } from '../contract/group-run.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { forEachLimited } from './concurrency.ts';
import { compareTimes } from './decide/time.ts';

export interface RetentionPolicy {
  /** Finished runs older than this are deleted; seconds since their end. */
  maxAgeSeconds: number;
  /** Finished runs kept per group, the latest. */
  maxPerGroup: number;
  /** Finished runs younger than this are always kept, so that clients that wait for a run see its result; seconds. */
  minAgeSeconds: number;
}

/** The finished runs to delete: too old, or too many of their group. Never an unfinished run. */
export function expiredRuns(runs: GroupRun[], policy: RetentionPolicy, now: Date): GroupRun[] {
  const { maxAgeSeconds, maxPerGroup, minAgeSeconds } = policy;
  const over = runs.filter(({ status, metadata }) => status && isTerminal(status.state) && !metadata.deletionTimestamp);
  const groups = Map.groupBy(over, ({ spec }) => spec.group);
  return [...groups.values()].flatMap((group) => {
    const latestFirst = group.toSorted((a, b) => compareTimes(endOf(b), endOf(a)));
    return latestFirst.filter((run, position) => {
      const ageSeconds = (now.getTime() - Date.parse(endOf(run))) / 1000;
      return ageSeconds > maxAgeSeconds || (position >= maxPerGroup && ageSeconds > minAgeSeconds);
    });
  });
}

const endOf = ({ status, metadata }: GroupRun): string => status?.finishedAt ?? metadata.creationTimestamp;

/** Deletes runs (by UID) until the signal aborts. The garbage collector deletes their Jobs and pods (owner references). */
export async function deleteRuns(
  client: Pick<KubeClient, 'request'>,
  path: string,
  runs: GroupRun[],
  writeOptions: () => RequestOptions,
  signal: AbortSignal,
): Promise<void> {
  await forEachLimited(runs, async ({ metadata: { name, uid } }) => {
    if (signal.aborted) return;
    const body = { propagationPolicy: 'Background', preconditions: { uid } };
    try {
      await client.request('DELETE', `${path}/${name}`, { ...writeOptions(), body, idempotent: true });
    } catch (error) {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error;
    }
  });
}
