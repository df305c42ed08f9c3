import {
  type Condition,
  type GroupRun,
  type GroupRunStatus,
  isTerminal,
  type JobState,
  type JobStatus,
} from '../../contract/group-run.ts';
import { earliest, latest } from './time.ts';

/** Type of the run's own condition. */
export const SUCCEEDED = 'Succeeded';

/** The run's status, rolled up from the statuses of its jobs. */
export function runStatus(run: GroupRun, jobs: JobStatus[], now: Date): GroupRunStatus {
  const count = (state: JobState) => jobs.filter((job) => job.state === state).length;
  const state = rollUp(jobs);
  const startedAt = earliest(jobs.flatMap((job) => job.startedAt ?? []));
  const finishedAt = isTerminal(state) ? latest(jobs.flatMap((job) => job.finishedAt ?? [])) : undefined;
  const others = run.status?.conditions?.filter(({ type }) => type !== SUCCEEDED) ?? [];
  return {
    state,
    ...(startedAt ? { startedAt } : {}),
    ...(finishedAt ? { finishedAt } : {}),
    ...(run.metadata.generation === undefined ? {} : { observedGeneration: run.metadata.generation }),
    succeeded: `${count('SUCCESS')}/${jobs.length}`,
    counts: {
      pending: count('PENDING'),
      started: count('STARTED'),
      retry: count('RETRY'),
      success: count('SUCCESS'),
      failure: count('FAILURE'),
      revoked: count('REVOKED'),
    },
    // Conditions that other controllers set stay: the write replaces the whole status.
    conditions: [...others, succeededCondition(run, state, jobs, now)],
    jobs,
  };
}

/** The run's state: terminal once all jobs are; then FAILURE if any job failed, else REVOKED if any was revoked, else SUCCESS. */
export function rollUp(jobs: Pick<JobStatus, 'state'>[]): JobState {
  const states = new Set(jobs.map((job) => job.state));
  if (jobs.every((job) => isTerminal(job.state))) {
    if (states.has('FAILURE')) return 'FAILURE';
    return states.has('REVOKED') ? 'REVOKED' : 'SUCCESS';
  }
  return states.size === 1 && states.has('PENDING') ? 'PENDING' : 'STARTED';
}

/** The condition Succeeded: Unknown while the run is active (Kubernetes API conventions for bounded work). */
function succeededCondition(run: GroupRun, state: JobState, jobs: JobStatus[], now: Date): Condition {
  const status = !isTerminal(state) ? 'Unknown' : state === 'SUCCESS' ? 'True' : 'False';
  const unsuccessful = jobs.filter((job) => job.state === 'FAILURE' || job.state === 'REVOKED');
  const stopped = state === 'REVOKED' ? 'JobsRevoked' : 'JobsFailed';
  const reasons = { Unknown: 'InProgress', True: 'AllJobsSucceeded', False: stopped };
  const message = {
    Unknown: `${jobs.filter((job) => isTerminal(job.state)).length} of ${jobs.length} jobs are done.`,
    True: `All ${jobs.length} jobs succeeded.`,
    False: `${unsuccessful.length} of ${jobs.length} jobs did not succeed: ${unsuccessful
      .slice(0, 10)
      .map((job) => `${job.name} (${job.reason ?? job.state})`)
      .join(', ')}`,
  }[status];
  const before = run.status?.conditions?.find((condition) => condition.type === SUCCEEDED);
  return {
    type: SUCCEEDED,
    status,
    reason: reasons[status],
    message,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : now.toISOString(),
    ...(run.metadata.generation === undefined ? {} : { observedGeneration: run.metadata.generation }),
  };
}
