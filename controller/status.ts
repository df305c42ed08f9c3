import { isTerminal, type JobDefinition, type JobState, type JobStatus } from '../kube/group-run.ts';
import { type Cause, failureCause, lastFailed, podCause, terminated, trueCondition } from './failure.ts';
import type { Job, Pod } from './types.ts';

export interface Observed {
  definition: Pick<JobDefinition, 'name' | 'backoffLimit'>;
  id: string;
  /** What stands in the run's status. */
  previous: JobStatus | undefined;
  job: Job | undefined;
  pods: Pod[];
  /** The Job was made, and the API server said that it is gone. */
  vanished: boolean;
  /** Why the API server refused the Job for good. */
  rejected?: string;
}

/** A waiting container's reasons that do not pass by themselves in a moment. */
const STUCK = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'CreateContainerConfigError',
  'CreateContainerError',
]);
/** How far a job has come; a state never goes back. */
const RANK: Record<JobState, number> = { PENDING: 0, STARTED: 1, RETRY: 1, SUCCESS: 2, FAILURE: 2, REVOKED: 2 };

/** A job's status from what is seen of it. Pure: the state table of ARCHITECTURE.md, first match wins. */
export function jobStatus(observed: Observed, now: Date): JobStatus {
  const { previous, job, pods, id, definition } = observed;
  if (previous && isTerminal(previous.state)) return previous;
  const found = decide(observed);
  const goesBack = previous !== undefined && RANK[found.state] < RANK[previous.state];
  const { state, reason, message, exitCode }: Decision = goesBack ? previous : found;
  const startedAt = previous?.startedAt ?? firstStart(pods);
  const attempts = Math.max(previous?.attempts ?? 0, pods.length);
  const jobUID = previous?.jobUID ?? job?.metadata.uid;
  return {
    name: definition.name,
    id,
    ...(jobUID ? { jobUID } : {}),
    state,
    ...(reason ? { reason } : {}),
    // The CRD takes 4,096 characters: one longer message of a kubelet would have the whole status refused.
    ...(message ? { message: message.slice(-2048) } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(attempts > 0 ? { attempts } : {}),
    ...(startedAt ? { startedAt } : {}),
    ...(isTerminal(state) ? { finishedAt: finish(job) ?? now.toISOString() } : {}),
  };
}

type Decision = { state: JobState } & {
  [field in keyof Cause]?: Cause[field] | undefined;
};

function decide({ job, pods, vanished, rejected, definition }: Observed): Decision {
  if (rejected) return { state: 'FAILURE', reason: 'JobRejected', message: rejected };
  if (vanished) return { state: 'FAILURE', reason: 'JobDeleted', message: 'The Job was deleted before it finished.' };
  if (!job) return { state: 'PENDING' };
  if (trueCondition(job, 'SuccessCriteriaMet', 'Complete')) return { state: 'SUCCESS' };
  if (trueCondition(job, 'FailureTarget', 'Failed')) return { state: 'FAILURE', ...failureCause(job, pods) };
  if (job.spec?.suspend) return { state: 'PENDING', reason: 'Suspended' };
  if (pods.some((pod) => pod.status?.containerStatuses?.[0]?.state?.running)) return { state: 'STARTED' };
  const failed = lastFailed(pods);
  // The Job controller decides what becomes of a failed pod; until then a retry is due only if the limit allows it.
  if (failed && (job.status?.failed ?? 0) <= definition.backoffLimit && definition.backoffLimit > 0) {
    return { state: 'RETRY', ...podCause(failed) };
  }
  if (pods.some(terminated)) return { state: 'STARTED' };
  for (const pod of pods) {
    const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
    if (waiting?.reason && STUCK.has(waiting.reason)) return { state: 'PENDING', ...waiting };
    const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (scheduled?.status === 'False') {
      return { state: 'PENDING', reason: scheduled.reason ?? 'Unschedulable', message: scheduled.message };
    }
  }
  return { state: 'PENDING' };
}

function firstStart(pods: Pod[]): string | undefined {
  const starts = pods.flatMap((pod) => {
    const state = pod.status?.containerStatuses?.[0]?.state;
    return state?.running?.startedAt ?? state?.terminated?.startedAt ?? [];
  });
  return starts.toSorted()[0];
}

const finish = (job: Job | undefined): string | undefined =>
  job && trueCondition(job, 'SuccessCriteriaMet', 'FailureTarget', 'Complete', 'Failed')?.lastTransitionTime;
