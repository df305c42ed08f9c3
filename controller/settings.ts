import { z } from 'zod';
import { allowRoot, describeSettings, readSettings, settingsHelp, text } from '../process/settings.ts';

const seconds = (fallback: number, description: string, min = 1) =>
  z.coerce.number().int().min(min).max(31_536_000).default(fallback).describe(description);
const count = (fallback: number, description: string) =>
  z.coerce.number().int().min(1).max(1_000_000).default(fallback).describe(description);

const Environment = z.object({
  NAMESPACE: text('').default('async-api').describe('The namespace of the runs and their Jobs.'),
  JOB_IMAGE: text('The image that runs sleep and log jobs, as the cluster names it. Set by npm start.'),
  LEASE_SECONDS: seconds(15, 'How long the other replicas wait for a leader that has fallen silent.'),
  JOB_TTL_SECONDS: seconds(3600, 'How long a Job stays once its result is recorded.'),
  RUN_RETENTION_SECONDS: seconds(604_800, 'How long a GroupRun stays after its end.'),
  RUN_RETENTION_COUNT: count(1000, 'How many ended GroupRuns of a group stay.'),
  RUN_RETENTION_MIN_SECONDS: seconds(300, 'How long a GroupRun stays after its end however many there are.', 0),
  RETENTION_INTERVAL_SECONDS: seconds(60, 'How often the controller looks for GroupRuns to delete.'),
  WATCH_SILENCE_SECONDS: seconds(150, 'A watch that says nothing for so long counts as dead; over two bookmarks.'),
  METRICS_HOST: text('').default('127.0.0.1').describe('The address of /metrics, /livez and /readyz.'),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Their port; 0 takes any free one, named in the log.'),
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
