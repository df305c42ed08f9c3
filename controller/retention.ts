import { type GroupRun, isTerminal } from '../contract/group-run.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { forEachLimited } from './concurrency.ts';

export interface RetentionPolicy {
  /** How long a run stays after its end, seconds. */
  maxAgeSeconds: number;
  /** How many ended runs of a group stay, the latest. */
  maxPerGroup: number;
  /** How long a run stays after its end however many there are, seconds: who waits for it must see it. */
  minAgeSeconds: number;
}

/** The runs that have been over for too long, or are too many of their group. A run that goes on is never among them. */
export function expiredRuns(runs: GroupRun[], policy: RetentionPolicy, now: Date): GroupRun[] {
  const { maxAgeSeconds, maxPerGroup, minAgeSeconds } = policy;
  const over = runs.filter(({ status, metadata }) => status && isTerminal(status.state) && !metadata.deletionTimestamp);
  const groups = Map.groupBy(over, ({ spec }) => spec.group);
  return [...groups.values()].flatMap((group) => {
    const latestFirst = group.toSorted((a, b) => endOf(b).localeCompare(endOf(a)));
    return latestFirst.filter((run, position) => {
      const ageSeconds = (now.getTime() - Date.parse(endOf(run))) / 1000;
      return ageSeconds > maxAgeSeconds || (position >= maxPerGroup && ageSeconds > minAgeSeconds);
    });
  });
}

const endOf = ({ status, metadata }: GroupRun): string => status?.finishedAt ?? metadata.creationTimestamp;

/** Deletes these runs, each as it was seen, until the signal aborts; their Jobs and pods go with them (owner references). */
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
