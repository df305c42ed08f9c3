import type { GroupRun, GroupRunStatus } from '../contract/group-run.ts';
import { paths } from '../contract/paths.ts';
import { jobIds, nothingObserved } from '../controller/decide/observed.ts';
import { plannedStatus } from '../controller/decide/plan.ts';
import type { Pod } from '../controller/decide/types.ts';
import { newRun } from './groups.ts';
import { overConnections, type RawClient } from './raw.ts';

/** The status that the controller writes when the first `done` jobs of a run have succeeded and the others run. */
export function statusWith(run: GroupRun, done: number, now = new Date()): GroupRunStatus {
  const observed = nothingObserved(run);
  const at = now.toISOString();
  for (const [index, id] of jobIds(run).entries()) {
    const metadata = { name: id, uid: id, resourceVersion: '1', creationTimestamp: at };
    const isDone = index < done;
    const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: at }];
    observed.jobs.set(id, { metadata, status: isDone ? { conditions } : { active: 1 } });
    const state = isDone
      ? { terminated: { exitCode: 0, startedAt: at, finishedAt: at } }
      : { running: { startedAt: at } };
    const pod: Pod = {
      metadata,
      status: { phase: isDone ? 'Succeeded' : 'Running', containerStatuses: [{ name: 'job', state }] },
    };
    observed.pods.set(id, [pod]);
  }
  return plannedStatus(observed, now);
}

/** Stores so many finished runs of `size` jobs, of ten groups. No controller is involved. */
export const storeFinished = (raw: RawClient, namespace: string, count: number, size: number): Promise<void> =>
  overConnections(
    Array.from({ length: count }, (_, index) => `group_${index % 10}`),
    async (group) => {
      const path = paths(namespace).runs;
      const run = await raw.request<GroupRun>('POST', path, newRun(size, group));
      const status = statusWith(run, size);
      await raw.mergePatch(`${path}/${run.metadata.name}/status`, { status });
    },
  );
