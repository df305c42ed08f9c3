import { API_GROUP, API_VERSION, type GroupRun, KIND } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import { GROUP_LABEL, JOB_LABEL, MANAGED_BY, MANAGER, RUN_LABEL } from '../../contract/labels.ts';
import { environment } from './environment.ts';
import { podFailurePolicy } from './pod-failure-policy.ts';
import { podSpec, terminationGraceSeconds } from './pod-spec.ts';

/**
 * How much later the Job's deadline is than that of its pods, seconds, beside the termination grace period. A Job that meets its
 * deadline deletes its pods, and with them the log; a pod that meets its own stays. So the pod's must come first, its start included.
 */
const JOB_DEADLINE_GRACE_SECONDS = 20;

/**
 * The Job of definition `index` (from 1): its name is the job id, its owner the run; it has a deadline, and its pod meets the
 * restricted Pod Security Standard. Simulated work (sleep, log) runs in `jobImage`. Throws RangeError.
 */
export function buildJob(run: GroupRun, index: number, jobImage: string) {
  const definition = run.spec.jobs[index - 1];
  if (!definition) throw new RangeError(`Expected a job index from 1 to ${run.spec.jobs.length}, got ${index}`);
  const runId = runIdOf(run.metadata);
  const id = jobId(runId, index);
  const labels = {
    [MANAGED_BY]: MANAGER,
    [GROUP_LABEL]: run.spec.group,
    [JOB_LABEL]: definition.name,
    [RUN_LABEL]: runId,
  };
  const owner = {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: KIND,
    name: run.metadata.name,
    uid: run.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: id, labels, ownerReferences: [owner] },
    spec: {
      activeDeadlineSeconds:
        definition.activeDeadlineSeconds + terminationGraceSeconds(definition) + JOB_DEADLINE_GRACE_SECONDS,
      backoffLimit: definition.backoffLimit,
      // Create the next pod only after the previous one has ended: two pods of a job never run at the same time.
      podReplacementPolicy: 'Failed',
      podFailurePolicy: podFailurePolicy(definition),
      template: { metadata: { labels }, spec: podSpec(definition, environment(run, definition, id), jobImage) },
    },
  };
}
