import { z } from 'zod';
import { allowRoot, readSettings, settingsHelp, text } from '../process/settings.ts';

const seconds = (value: number, description: string) =>
  z.coerce.number().int().min(1).max(31_536_000).default(value).describe(description);

const Environment = z.object({
  NAMESPACE: text('').default('async-api').describe('Where runs and their Jobs live; async-api where not given.'),
  JOB_IMAGE: text('The image that runs sleep and log jobs; required.'),
  LEASE_SECONDS: seconds(15, 'How long a leader that fell silent keeps the others waiting; 15.'),
  JOB_TTL_SECONDS: seconds(3600, 'How long a Job stays once its result is recorded; 3600, an hour.'),
  RUN_RETENTION_SECONDS: seconds(604_800, 'How long a GroupRun stays after its end; 604800, a week.'),
  RUN_RETENTION_COUNT: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe('How many ended GroupRuns of a group stay; 1000.'),
  RUN_RETENTION_MIN_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(31_536_000)
    .default(300)
    .describe('How long a GroupRun stays after its end however many there are; 300.'),
  RETENTION_INTERVAL_SECONDS: seconds(60, 'How often GroupRuns that are to go are looked for; 60.'),
  WATCH_SILENCE_SECONDS: seconds(150, 'A watch that says nothing for so long counts as dead; 150, over two bookmarks.'),
  METRICS_HOST: text('').default('127.0.0.1').describe('Where /metrics, /livez and /readyz listen; 127.0.0.1.'),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('Their port; 0, any free one.'),
  ALLOW_ROOT: allowRoot,
});
export type Settings = z.infer<typeof Environment>;

/** The names of all settings. */
export const settingNames: readonly string[] = Object.keys(Environment.shape);

/** The settings in these environment variables. Throws an Error that lists every problem. */
export const loadSettings = (environment: Record<string, string | undefined>): Settings =>
  readSettings(Environment, environment);

/** What `--help` prints. */
export const help = (): string =>
  [
    'Makes the Jobs of GroupRuns and keeps their status. Settings are environment variables:',
    '',
    settingsHelp(Environment),
    `  ${'KUBECONFIG'.padEnd(26)} The cluster to talk to, outside of one.`,
  ].join('\n');
