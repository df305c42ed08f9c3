import * as z from 'zod';
import { GroupRunSpec, GroupRunStatus, JobState, JobStatus } from '../../contract/group-run.ts';
import { MAX_PARAMETERS, ParameterView } from '../catalog/config.ts';
import { MAX_LENGTH } from '../catalog/parameters.ts';

/**
 * Requests and responses of the routes. A schema with an `id` is a component of the OpenAPI document. Use it in requests or
 * in responses, not in both: that would make two components.
 */

/** The value of an Idempotency-Key header: one string, in quotes (`\` before each `"` and `\` inside) or bare. */
export const IdempotencyKey = z.string().regex(/^("([ !#-[\]-~]|\\["\\]){1,255}"|[!#-[\]-~]{1,255})$/);

export const TriggerBody = z
  .strictObject({
    parameters: z
      .record(z.string(), z.string().max(MAX_LENGTH))
      // The error names each wrong parameter, so bound their number first.
      .refine((given) => Object.keys(given).length <= MAX_PARAMETERS, `expected at most ${MAX_PARAMETERS} parameters`)
      .meta({ maxProperties: MAX_PARAMETERS })
      .describe('Those that the group declares.')
      .optional(),
  })
  .meta({ id: 'TriggerBody' });

export const TriggerQuery = z.object({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Checks everything, starts nothing, and answers 200 with what would run.'),
});

/** What a trigger would start. */
export const DryRun = z
  .object({
    group: z.string(),
    parameters: z.record(z.string(), z.string()).describe('With the defaults of those that were not given.'),
    jobs: z.array(z.string()).describe('The names of its jobs, in the order of the file.'),
  })
  .meta({ id: 'DryRun' });
export type DryRun = z.infer<typeof DryRun>;

export const RerunBody = z
  .strictObject({ only: z.literal('failed').optional().describe('Repeats only the jobs that did not succeed.') })
  .meta({ id: 'RerunBody' });

export const RunsQuery = z.strictObject({
  group: z.string().max(63).optional().describe('Only runs of this group.'),
  state: JobState.optional().describe('Only runs in this state.'),
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('At most this many runs; 50.'),
  continue: z
    .string()
    .regex(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ_(\d{1,16}_)?[a-z0-9.-]{1,253}$/,
      'expected what an answer of GET /runs gave as its continue',
    )
    .optional()
    .describe('Where the answer before ended: its `continue`.'),
});
export type RunsQuery = z.infer<typeof RunsQuery>;

export const LogsQuery = z.strictObject({
  follow: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Whether to go on with what is written from now on.'),
  tail: z.coerce.number().int().min(0).max(100_000).optional().describe('Only this many of the last lines.'),
});

export const Accepted = z.object({ 'Check job status at': z.array(z.string()) }).meta({ id: 'Accepted' });

export const Cancelled = z
  .object({
    id: z.string().describe('The run or the job.'),
    state: JobState.describe('As it is now. It becomes REVOKED, unless it is over already.'),
  })
  .meta({ id: 'Cancelled' });

const { reason, message, exitCode, resultTooLarge } = JobStatus.shape;
const result = z
  .unknown()
  .optional()
  .describe('What the job wrote to its termination message: the value where it is JSON, else the text.');

/** The earlier service's two fields, and more only where there is more to say. */
export const StatusView = z
  .object({ state: JobState, task_id: z.string(), reason, message, exitCode, result, resultTooLarge })
  .meta({ id: 'StatusView' });

/** RFC 9457. */
export const ProblemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('A sentence that says what was expected.'),
    problems: z
      .array(z.object({ path: z.string(), line: z.int().optional(), message: z.string() }))
      .optional()
      .describe('Everything that is wrong, where there can be several things.'),
    requestId: z.string().describe('Also in the header X-Request-Id and in the log.'),
  })
  .meta({ id: 'ProblemDetails' });

const { group, parameters, parallelism, onFailure, rerunOf, cancel } = GroupRunSpec.shape;
const { startedAt, finishedAt, counts } = GroupRunStatus.shape;

/** A run without its jobs. */
export const RunSummary = z.object({
  id: z.string(),
  name: z.string().describe('What kubectl knows it by.'),
  group,
  parameters,
  parallelism,
  onFailure,
  rerunOf,
  cancel,
  state: JobState,
  createdAt: z.string().meta({ format: 'date-time' }),
  startedAt,
  finishedAt,
  counts: counts.unwrap().describe('How many of its jobs are in each state.'),
});
export type RunSummary = z.infer<typeof RunSummary>;

export const JobView = JobStatus.extend({
  id: z.string().describe('As in /status/{id}.'),
  result,
  needs: z
    .array(z.string())
    .optional()
    .describe(
      'Jobs that must succeed before it starts. One that is not in the run succeeded in the run that this one repeats.',
    ),
});
export type JobView = z.infer<typeof JobView>;

/** A run with its jobs, in the order of its definitions. */
export const RunView = RunSummary.extend({ jobs: z.array(JobView) }).meta({ id: 'RunView' });
export type RunView = z.infer<typeof RunView>;

/** One Server-Sent Event. */
export const ServerSentEvent = z
  .object({
    id: z.string().describe('Goes back as Last-Event-ID.'),
    event: z.enum(['job', 'run']),
    data: z
      .string()
      .meta({ contentMediaType: 'application/json' })
      .describe('The job as in RunView, or the run without its jobs.'),
  })
  .meta({ id: 'ServerSentEvent' });

export const RunEventsQuery = RunsQuery.pick({ group: true, state: true }).extend({
  state: JobState.optional().describe('Only changes into this state, within it and out of it.'),
});

/** One Server-Sent Event of the list of runs. */
export const RunsServerSentEvent = z
  .object({
    id: z.string().describe('Goes back as Last-Event-ID.'),
    event: z
      .enum(['run', 'deleted', 'reset'])
      .describe('`reset`: changes may be missing, so read GET /runs again; further events follow.'),
    data: z
      .string()
      .meta({ contentMediaType: 'application/json' })
      .describe('The run as in GET /runs; of a deleted one its id; of `reset` an empty object.'),
  })
  .meta({ id: 'RunsServerSentEvent' });

const ConfigProblem = z.object({ path: z.string(), line: z.int().optional(), message: z.string() });

export const GroupView = z.object({
  name: z.string(),
  jobs: z.array(z.string()).describe('The names of its jobs, in the order of the file.'),
  parallelism: z.int().optional(),
  onFailure,
  needs: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .describe('For each job that waits for others, which must succeed first.'),
  parameters: z.record(z.string(), ParameterView).describe('What a trigger may or must give.'),
  problems: z.array(ConfigProblem).describe('Why it cannot be triggered; empty where it can.'),
  warnings: z.array(ConfigProblem).describe('What is likely a mistake in it; it can be triggered all the same.'),
});

export type GroupView = z.infer<typeof GroupView>;

export const GroupList = z.object({ groups: z.array(GroupView) }).meta({ id: 'GroupList' });

export const Me = z
  .object({
    name: z.string(),
    groups: z
      .array(
        z.object({
          name: z.string(),
          trigger: z.boolean().describe('Start it, and rerun its runs.'),
          see: z.boolean().describe('See it and its runs.'),
          cancel: z.boolean().describe('Cancel its runs.'),
        }),
      )
      .describe('Those that the caller may see or trigger; also such that only stored runs have.'),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;

export const RunList = z
  .object({
    runs: z.array(RunSummary).describe('Newest first.'),
    continue: z.string().optional().describe('Given where there are more.'),
  })
  .meta({ id: 'RunList' });
export type RunList = z.infer<typeof RunList>;
