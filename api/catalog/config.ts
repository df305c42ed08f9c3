import * as z from 'zod';
import { exactlyOneOf } from '../../contract/exactly-one.ts';
import { GroupRunSpec, MAX_JOBS } from '../../contract/group-run.ts';
import { checkJob, KINDS_OF_WORK, limits, options, work } from '../../contract/job-definition.ts';
import { Name } from '../../contract/name.ts';
import { PodOptions } from '../../contract/pod-options.ts';
import { RESERVED_NAME } from '../../contract/reserved-names.ts';
import { Resources } from '../../contract/resources.ts';
import { whenValid } from '../../contract/when-valid.ts';
import { errorMessage } from '../../process/log.ts';
import { Pattern } from './pattern.ts';

/** Limits of a job where neither the job nor the file's `defaults` sets them. */
export const DEFAULTS = { activeDeadlineSeconds: 300, pendingDeadlineSeconds: 120, backoffLimit: 0 };

const optionalLimits = {
  activeDeadlineSeconds: limits.activeDeadlineSeconds.optional(),
  pendingDeadlineSeconds: limits.pendingDeadlineSeconds.optional(),
  backoffLimit: limits.backoffLimit.optional(),
};

/** What a group, or `defaults`, sets for its jobs where they do not. */
const shared = {
  pod: PodOptions.optional(),
  container: z.strictObject({ resources: Resources.optional() }).describe('For container jobs.').optional(),
};

export const JobConfig = z
  .strictObject({ ...work, ...options, ...optionalLimits })
  .refine(exactlyOneOf(...KINDS_OF_WORK)[0], {
    error: (issue) => {
      const found = KINDS_OF_WORK.filter((kind) => kind in Object(issue.input));
      return `expected exactly one of sleep, log and container, got ${found.join(' and ') || 'none'}`;
    },
    // A wrong field may be the kind of work itself.
    ...whenValid,
  })
  .superRefine(checkJob, whenValid);
export type JobConfig = z.infer<typeof JobConfig>;

/** Of a group. The CRD has the same bound. */
export const MAX_PARAMETERS = 64;
const RESERVED = new RegExp(RESERVED_NAME);

const ParameterName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, at most 63 characters');

const patternText = z.string().max(500).describe('A regular expression (RE2 syntax) that the whole value must match.');

const parameterFields = {
  required: z.boolean().describe('Whether a trigger without it is refused.').optional(),
  default: z.string().max(4096).describe('What it is where a trigger does not give it.').optional(),
  pattern: patternText.optional(),
};

/** A parameter as GET /groups shows it. */
export const ParameterView = z.strictObject(parameterFields);

/** A parameter as read from the file, its pattern compiled. */
export const Parameter = z
  .strictObject({ ...parameterFields, pattern: patternText.transform(compilePattern).optional() })
  .refine(({ required, default: value }) => !required || value === undefined, {
    message: 'expected required or default, got both',
  });
export type Parameter = z.infer<typeof Parameter>;

function compilePattern(text: string, context: z.RefinementCtx): Pattern {
  try {
    return new Pattern(text);
  } catch (error) {
    context.addIssue(errorMessage(error));
    return z.NEVER;
  }
}

export const GroupConfig = z.strictObject({
  jobs: z.record(Name, JobConfig).describe(`The jobs a trigger starts, at most ${MAX_JOBS}.`).optional(),
  ...shared,
  onFailure: GroupRunSpec.shape.onFailure,
  parallelism: z
    .int()
    .min(1)
    .max(MAX_JOBS)
    .describe('At most this many jobs of a run are active at a time; all where not given.')
    .optional(),
  parameters: z
    .record(
      ParameterName.refine((name) => !RESERVED.test(name), 'expected a name that is not reserved'),
      Parameter,
    )
    .describe(`What a trigger may or must give, at most ${MAX_PARAMETERS}; each job has it in its environment.`)
    .optional(),
  allow: z
    .array(z.string().min(1).max(512))
    .max(100)
    .describe(
      'Who may trigger it, see and cancel its runs: names of callers, and group:NAME for groups of them. All who may ask at all where not given.',
    )
    .optional(),
});

export const Defaults = z
  .strictObject({ ...optionalLimits, ...shared })
  .describe('For every job that has none of its own.');
export type Defaults = z.infer<typeof Defaults>;
export type GroupConfig = z.infer<typeof GroupConfig>;

const Config = z.strictObject({ defaults: Defaults.optional(), groups: z.record(Name, GroupConfig) });

/** JSON Schema of resources/config.yaml, for editors. */
export const configJsonSchema = () => ({
  title: 'Async API groups and jobs',
  ...z.toJSONSchema(Config, { io: 'input', reused: 'ref' }),
});
