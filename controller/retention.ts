import { ApiError } from '../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../kube/client.ts';
import { type GroupRun, isTerminal } from '../kube/group-run.ts';
import { eachLimited } from './limited.ts';

export interface RetentionPolicy {
  /** How long a run stays after its end, seconds. */
  maxAgeSeconds: number;
  /** How many ended runs of a group stay, the latest. */
  maxPerGroup: number;
}

/** The runs that have been over for too long, or are too many of their group. A run that goes on is never among them. */
export function expiredRuns(runs: GroupRun[], { maxAgeSeconds, maxPerGroup }: RetentionPolicy, now: Date): GroupRun[] {
  const over = runs.filter(({ status, metadata }) => status && isTerminal(status.state) && !metadata.deletionTimestamp);
  const groups = Map.groupBy(over, ({ spec }) => spec.group);
  return [...groups.values()].flatMap((group) => {
    const latestFirst = group.toSorted((a, b) => endOf(b).localeCompare(endOf(a)));
    return latestFirst.filter(
      (run, position) => position >= maxPerGroup || Date.parse(endOf(run)) + maxAgeSeconds * 1000 < now.getTime(),
    );
  });
}

const endOf = ({ status, metadata }: GroupRun): string => status?.finishedAt ?? metadata.creationTimestamp;

/** Deletes these runs, each as it was seen; their Jobs and pods go with them (owner references). */
export async function deleteRuns(
  client: Pick<KubeClient, 'request'>,
  path: string,
  runs: GroupRun[],
  writeOptions: () => RequestOptions,
): Promise<void> {
  await eachLimited(runs, async ({ metadata: { name, uid } }) => {
    const body = { propagationPolicy: 'Background', preconditions: { uid } };
    try {
      await client.request('DELETE', `${path}/${name}`, { ...writeOptions(), body, idempotent: true });
    } catch (error) {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error;
    }
  });
}
