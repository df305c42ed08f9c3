import * as z from 'zod';
import { JobDefinition, MAX_RESULT_BYTES } from './job-definition.ts';
import { Name } from './name.ts';

/** The only custom resource of this product. */
export const API_GROUP = 'async-api.dev';
export const API_VERSION = 'v1alpha1';
export const KIND = 'GroupRun';
export const PLURAL = 'groupruns';

/** Maximum jobs per run: their definitions and statuses must fit into one etcd object (1.5 MiB). */
export const MAX_JOBS = 1000;
/** Maximum size of a spec. It leaves room in the etcd object for the status of MAX_JOBS jobs. */
export const MAX_SPEC_BYTES = 600_000;

export const JobState = z.enum(['PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED']);
export type JobState = z.infer<typeof JobState>;
const TERMINAL: ReadonlySet<JobState> = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);
/** Terminal states never change. */
export const isTerminal = (state: JobState): boolean => TERMINAL.has(state);

const Time = z.string().max(64).meta({ format: 'date-time' });

/** The status of a job as it is stored: nothing that its position in the list tells, such as its id. */
export const JobStatus = z.object({
  name: Name,
  jobUID: z.string().max(36).optional().describe('UID of its Kubernetes Job. Once set, no other Job is created.'),
  state: JobState,
  reason: z.string().max(128).optional(),
  message: z.string().max(4096).optional(),
  exitCode: z.int().optional(),
  attempts: z.int().optional().describe('How many pods it has had, from the second on.'),
  podCreatedAt: Time.optional().describe('When its first pod was created, if that is not the second of startedAt.'),
  startedAt: Time.optional(),
  finishedAt: Time.optional(),
  result: z
    .string()
    .max(MAX_RESULT_BYTES)
    .optional()
    .describe('What a job that succeeded wrote to its termination message.'),
  resultTooLarge: z.literal(true).optional().describe('It wrote more than is stored.'),
  pendingSince: Time.optional().describe('Time since when the job has been blocked from starting; reason says why.'),
});
export type JobStatus = z.infer<typeof JobStatus>;

const Condition = z.object({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().max(1024),
  message: z.string().max(4096),
  lastTransitionTime: Time,
  observedGeneration: z.int().optional(),
});
export type Condition = z.infer<typeof Condition>;

export const GroupRunSpec = z.object({
  group: Name,
  parameters: z.record(z.string().max(63), z.string().max(4096)).optional(),
  jobs: z.array(JobDefinition).min(1).max(MAX_JOBS),
  parallelism: z.int().min(1).max(MAX_JOBS).optional().describe('At most this many of its jobs are active at a time.'),
  onFailure: z
    .enum(['continue', 'cancel'])
    .optional()
    .describe('Whether the failure of a job stops the others; continue if not given.'),
  earlierResults: z
    .record(Name, z.string().max(MAX_RESULT_BYTES))
    .optional()
    .describe(
      'Of jobs that are needed here and succeeded in the run that this one repeats; empty for a job without a result.',
    ),
  rerunOf: z.string().max(253).optional().describe('The name of the run that this one repeats.'),
  cancel: z.boolean().optional().describe('Stops every unfinished job.'),
  // A map, not a list: a merge patch can add a key without reading first, so concurrent cancels do not overwrite each other.
  cancelJobs: z.record(Name, z.literal(true)).optional().describe('Jobs to stop: the name as key, true as value.'),
});
export type GroupRunSpec = z.infer<typeof GroupRunSpec>;

export const GroupRunStatus = z.object({
  state: JobState,
  startedAt: Time.optional(),
  finishedAt: Time.optional(),
  observedGeneration: z.int().optional(),
  succeeded: z.string().max(16).optional().describe('Jobs that succeeded of all, such as 2/3.'),
  counts: z
    .object({
      pending: z.int(),
      started: z.int(),
      retry: z.int(),
      success: z.int(),
      failure: z.int(),
      revoked: z.int(),
    })
    .optional(),
  conditions: z.array(Condition).max(8).optional(),
  jobs: z.array(JobStatus).max(MAX_JOBS).optional().describe('The status of each job, in the order of spec.jobs.'),
});
export type GroupRunStatus = z.infer<typeof GroupRunStatus>;

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** A GroupRun as the API server returns it: plain JSON, so times are strings. */
export interface GroupRun {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: GroupRunSpec;
  status?: GroupRunStatus;
}
