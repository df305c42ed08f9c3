import { z } from 'zod';
import { readSettings, settingsHelp, text } from '../kube/settings.ts';

const Environment = z.object({
  NAMESPACE: text('').default('async-api').describe('Where runs and their Jobs live; async-api where not given.'),
  JOB_IMAGE: text('The image that runs sleep and log jobs; required.'),
});

export interface Settings {
  namespace: string;
  jobImage: string;
}

/** The settings in these environment variables. Throws an Error that lists every problem. */
export function settings(environment: Record<string, string | undefined>): Settings {
  const { NAMESPACE, JOB_IMAGE } = readSettings(Environment, environment);
  return { namespace: NAMESPACE, jobImage: JOB_IMAGE };
}

/** What `--help` prints. */
export const help = (): string =>
  [
    'Makes the Jobs of GroupRuns and keeps their status. Settings are environment variables:',
    '',
    settingsHelp(Environment),
    `  ${'KUBECONFIG'.padEnd(12)} The cluster to talk to, outside of one.`,
  ].join('\n');
