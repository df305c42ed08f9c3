import * as z from 'zod';

/** The only custom resource of this product. */
export const API_GROUP = 'async-api.dev';
export const API_VERSION = 'v1alpha1';
export const KIND = 'GroupRun';
export const PLURAL = 'groupruns';

/** Maximum jobs per run: their definitions and statuses must fit into one etcd object (1.5 MiB). */
export const MAX_JOBS = 1000;
/** Maximum size of a spec. It leaves room in the etcd object for the status of MAX_JOBS jobs. */
export const MAX_SPEC_BYTES = 600_000;

/** Name of a group or job. Every such name is also a valid label value (hence at most 63 characters). */
export const Name = z
  .string()
  .max(63)
  .regex(/^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/, 'letters, digits, "_", "." and "-", at most 63')
  .meta({ description: 'Letters, digits, "_", "." and "-", at most 63.' });

const Probability = z.number().min(0).max(1);

const faults = {
  hangProbability: Probability.optional().describe('Probability (0 to 1) that the job runs forever.'),
  failProbability: Probability.optional().describe('Probability (0 to 1) that the job fails with exitCode.'),
  exitCode: z.int().min(1).max(255).optional().describe('Exit code of a failing job; 1 if not given.'),
};

export const Sleep = z
  .strictObject({ seconds: z.number().min(0).max(86_400), ...faults })
  .describe('Simulated work: sleep, then succeed.');

export const Log = z
  .strictObject({
    lines: z.int().min(0).max(1_000_000),
    intervalSeconds: z.number().min(0).max(3600).optional().describe('Pause between two lines; 1 if not given.'),
    ...faults,
  })
  .describe('Simulated work: print numbered lines, then succeed.');

const Quantity = z
  .string()
  .max(32)
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$/, 'a Kubernetes quantity such as 500m or 64Mi');
const Resources = z.strictObject({ cpu: Quantity.optional(), memory: Quantity.optional() });

const ConfigMapKey = z.strictObject({ name: z.string().min(1).max(253), key: z.string().min(1).max(253) });
const EnvVar = z
  .strictObject({
    name: z
      .string()
      .max(128)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and "_", not beginning with a digit'),
    value: z.string().max(4096).optional(),
    valueFrom: z.strictObject({ configMapKeyRef: ConfigMapKey }).describe('A key of a ConfigMap.').optional(),
  })
  .refine(({ value, valueFrom }) => (value === undefined) !== (valueFrom === undefined), {
    error: 'expected exactly one of value and valueFrom',
  });

export const Container = z
  .strictObject({
    image: z.string().min(1).max(512),
    command: z.array(z.string().max(4096)).max(64).optional(),
    args: z.array(z.string().max(4096)).max(64).optional(),
    env: z.array(EnvVar).max(64).optional(),
    resources: z.strictObject({ requests: Resources.optional(), limits: Resources.optional() }).optional(),
  })
  .describe('A container of your own.');

/** The kinds of work. A job definition has exactly one. */
export const work = { sleep: Sleep.optional(), log: Log.optional(), container: Container.optional() };
/** Limits of a job, with Kubernetes' names and meaning; pendingDeadlineSeconds is ours. */
export const limits = {
  activeDeadlineSeconds: z.int().min(1).max(604_800).describe('A job that is not done after this many seconds fails.'),
  pendingDeadlineSeconds: z.int().min(1).max(604_800).describe('A job that cannot start for this long fails.'),
  backoffLimit: z.int().min(0).max(20).describe('How many times a failed pod is tried again.'),
};

/** One job of a run: the resolved definition, a snapshot from when the run was accepted. */
export const JobDefinition = z
  .strictObject({ name: Name, ...work, ...limits })
  .refine((job) => Object.keys(work).filter((kind) => job[kind as keyof typeof work] !== undefined).length === 1, {
    error: `expected exactly one of ${Object.keys(work).join(', ')}`,
  });
export type JobDefinition = z.infer<typeof JobDefinition>;

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
  startedAt: Time.optional(),
  finishedAt: Time.optional(),
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
