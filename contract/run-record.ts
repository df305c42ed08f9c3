import type { GroupRunSpec, GroupRunStatus, JobStatus, ObjectMeta } from './group-run.ts';
import type { JobDefinition } from './job-definition.ts';

/** The status of each job, in the order of the definitions. An array is one. */
export interface JobStatuses {
  readonly length: number;
  at(index: number): JobStatus | undefined;
}

/** A run without its definitions, of which only names and order are known. A GroupRun is one. */
export interface RunRecord {
  metadata: ObjectMeta;
  spec: Omit<GroupRunSpec, 'jobs'> & { jobs: readonly Pick<JobDefinition, 'name' | 'needs'>[] };
  status?: Pick<GroupRunStatus, 'state' | 'startedAt' | 'finishedAt' | 'counts' | 'conditions'> & {
    jobs?: JobStatuses | undefined;
  };
}
