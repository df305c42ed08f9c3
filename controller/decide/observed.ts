import { type GroupRun, isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { groupFailure, type NeededJob, neededJobs } from './needs.ts';
import { trueCondition } from './pods.ts';
import type { Event, Job, Pod } from './types.ts';

/** Everything observed about one job. */
export interface ObservedJob {
  definition: Pick<
    JobDefinition,
    'name' | 'backoffLimit' | 'activeDeadlineSeconds' | 'pendingDeadlineSeconds' | 'failOnExitCodes' | 'ignoreExitCodes'
  >;
  id: string;
  /** Its entry in the stored status. */
  previous: JobStatus | undefined;
  /** Its Job, or the last version of a deleted Job that had ended. */
  job: Job | undefined;
  pods: Pod[];
  /** Pods that no longer exist, as they were last seen. */
  deletedPods: Pod[];
  /** Whether spec.cancel or spec.cancelJobs asks to stop it. */
  cancelled: boolean;
  /** Jobs of the run that must succeed before this one starts. */
  needed: NeededJob[];
  /** The job whose failure stops this one too. */
  groupFailure: JobStatus | undefined;
  /** The Job was recorded and no longer exists, confirmed by the API server. */
  deleted: boolean;
  /** Error message if the API server rejects the Job as invalid (final). */
  invalid: string | undefined;
  /** Error message while the API server denies the Job, such as for a quota. */
  denied: string | undefined;
  /** The Job's latest FailedCreate Event: its pods could not be created. */
  failedCreate: Event | undefined;
  /** Events that say why a pod of this job cannot be set up. */
  podEvents: Event[];
}

/** A run and everything observed about its jobs, by job id. */
export interface ObservedRun {
  run: GroupRun;
  jobs: Map<string, Job>;
  /** The pods of Jobs; also those whose Job was deleted without them (orphans). */
  pods: Map<string, Pod[]>;
  /** Pods that no longer exist, as they were last seen. */
  deletedPods: Map<string, Pod[]>;
  /** Each Job's latest FailedCreate Event: its pods could not be created. */
  failedCreates: Map<string, Event>;
  /** Events that say why the pods of each Job cannot be set up. */
  podEvents: Map<string, Event[]>;
  /** Jobs that were recorded and no longer exist, confirmed by the API server. */
  deleted: Set<string>;
  /** Error messages for Jobs that the API server rejects as invalid (final). */
  invalid: Map<string, string>;
  /** Error messages for Jobs that the API server denies for now, such as for a quota (tried again). */
  denied: Map<string, string>;
  /** Of a snapshot: the observation of each job. */
  each?: ObservedJob[];
}

/** The observation of a run of whose jobs nothing exists. */
export const nothingObserved = (run: GroupRun): ObservedRun => ({
  run,
  jobs: new Map(),
  pods: new Map(),
  deletedPods: new Map(),
  failedCreates: new Map(),
  podEvents: new Map(),
  deleted: new Set(),
  invalid: new Map(),
  denied: new Map(),
});

/** The ids of this run's jobs, in order. */
export const jobIds = (run: GroupRun): string[] => {
  const runId = runIdOf(run.metadata);
  return run.spec.jobs.map((_, index) => jobId(runId, index + 1));
};

/** The observation of each job, in the order of the spec. */
export const observedJobs = (observed: ObservedRun): ObservedJob[] => observed.each ?? eachJob(observed);

/** This observation as it is now, for several decisions: what is observed later does not change it. */
export const snapshot = (observed: ObservedRun): ObservedRun => ({ ...observed, each: eachJob(observed) });

function eachJob({
  run,
  jobs,
  pods,
  deletedPods,
  failedCreates,
  podEvents,
  deleted,
  invalid,
  denied,
}: ObservedRun): ObservedJob[] {
  const needed = neededJobs(run);
  const failure = groupFailure(run);
  return jobIds(run).map((id, position) => {
    const definition = run.spec.jobs[position]!;
    return {
      definition,
      id,
      previous: run.status?.jobs?.[position],
      job: jobs.get(id),
      pods: pods.get(id) ?? [],
      deletedPods: deletedPods.get(id) ?? [],
      failedCreate: failedCreates.get(id),
      podEvents: podEvents.get(id) ?? [],
      cancelled: run.spec.cancel === true || run.spec.cancelJobs?.[definition.name] === true,
      needed: needed[position]!,
      groupFailure: failure,
      deleted: deleted.has(id),
      invalid: invalid.get(id),
      denied: denied.get(id),
    };
  });
}

/** Whether the job's terminal state is recorded. */
export const isOver = ({ previous }: ObservedJob): boolean => previous !== undefined && isTerminal(previous.state);
/** The condition that decides the Job's outcome. The early ones (Kubernetes 1.31) come before its pods are gone. */
export const outcomeOf = (job: Job) => trueCondition(job, 'SuccessCriteriaMet', 'FailureTarget', 'Complete', 'Failed');
export const hasOutcome = (job: Job): boolean => outcomeOf(job) !== undefined;
