import { z } from 'zod';
import { limits, MAX_JOBS, Name, work } from '../kube/group-run.ts';

/** The limits a job has where neither it nor the file's `defaults` says otherwise. */
export const DEFAULTS = { activeDeadlineSeconds: 300, pendingDeadlineSeconds: 120, backoffLimit: 0 };

const optionalLimits = {
  activeDeadlineSeconds: limits.activeDeadlineSeconds.optional(),
  pendingDeadlineSeconds: limits.pendingDeadlineSeconds.optional(),
  backoffLimit: limits.backoffLimit.optional(),
};

export const JobConfig = z
  .strictObject({ ...work, ...optionalLimits })
  .refine((job) => [job.sleep, job.log, job.container].filter((one) => one !== undefined).length === 1, {
    error: (issue) => {
      const found = ['sleep', 'log', 'container'].filter((kind) => kind in Object(issue.input));
      return `expected exactly one of sleep, log and container, got ${found.join(' and ') || 'none'}`;
    },
    // Also said where other fields are wrong, but not where a kind of work itself is: then that is the problem.
    when: ({ issues, value }) => issues.length === 0 && typeof value === 'object' && value !== null,
  });

export const GroupConfig = z.strictObject({
  jobs: z.record(Name, JobConfig).describe(`The jobs a trigger starts, at most ${MAX_JOBS}.`).optional(),
  parallelism: z
    .int()
    .min(1)
    .max(MAX_JOBS)
    .describe('At most this many jobs of a run are active at a time; all where not given.')
    .optional(),
});

export const Defaults = z.strictObject(optionalLimits).describe('Limits of every job that has none of its own.');
export type Defaults = z.infer<typeof Defaults>;

const Config = z.strictObject({ defaults: Defaults.optional(), groups: z.record(Name, GroupConfig) });

/** The JSON Schema by which editors help with resources/config.yaml. */
export const configJsonSchema = () => ({
  title: 'Async API groups and jobs',
  ...z.toJSONSchema(Config, { io: 'input' }),
});
