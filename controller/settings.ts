import * as z from 'zod';
import { allowRoot, describeSettings, readSettings, settingsHelp, text } from '../process/settings.ts';

const seconds = (fallback: number, description: string, min = 1) =>
  z.coerce.number().int().min(min).max(31_536_000).default(fallback).describe(description);
const count = (fallback: number, description: string) =>
  z.coerce.number().int().min(1).max(1_000_000).default(fallback).describe(description);

const Environment = z.object({
  NAMESPACE: text('').default('async-api').describe('The namespace of the runs and their Jobs.'),
  JOB_IMAGE: text('The image of sleep and log jobs. npm start sets it.'),
  LEASE_SECONDS: seconds(15, 'How long the other replicas wait for a leader that does not renew its Lease.'),
  JOB_TTL_SECONDS: seconds(3600, 'How long to keep the Jobs of a run, with the logs of their pods, after its end.'),
  RUN_RETENTION_SECONDS: seconds(604_800, 'How long to keep a GroupRun after its end.'),
  RUN_RETENTION_COUNT: count(1000, 'How many finished GroupRuns of a group to keep.'),
  RUN_RETENTION_JOBS: count(
    200_000,
    'How many jobs the kept finished GroupRuns of all groups may have. A run counts as at least five, and as one for each KiB of ' +
      'its parameters, annotations and job statuses.',
  ),
  RUN_RETENTION_MIN_SECONDS: seconds(
    300,
    'How long to keep a GroupRun after its end, even beyond RUN_RETENTION_COUNT and RUN_RETENTION_JOBS.',
    0,
  ),
  RETENTION_INTERVAL_SECONDS: seconds(60, 'How often the controller looks for GroupRuns to delete.'),
  WATCH_SILENCE_SECONDS: seconds(
    150,
    'How long a watch may be silent before it is reopened; more than two bookmark intervals.',
  ),
  METRICS_HOST: text('').default('127.0.0.1').describe('The address of /metrics, /livez and /readyz.'),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('The port of /metrics, /livez and /readyz; 0 selects a free port, which the log names.'),
  ALLOW_ROOT: allowRoot,
});
export type Settings = z.infer<typeof Environment>;

/** Every setting, for --help and docs/settings.md. */
export const settings = describeSettings(Environment);

/** The settings in these environment variables. Throws an Error that lists every problem. */
export const loadSettings = (environment: Record<string, string | undefined>): Settings =>
  readSettings(Environment, environment);

/** What `--help` prints. */
export const help = (): string => settingsHelp('Makes the Jobs of GroupRuns and keeps their status.', settings);
