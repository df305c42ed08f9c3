import { join } from 'node:path';

export type Sender = 'api' | 'controller' | 'standby';
/** The service account of each process. */
export const ACCOUNTS: Record<Sender, string> = {
  api: 'async-api',
  controller: 'async-api-controller',
  standby: 'async-api-controller',
};
export const SENDERS = Object.keys(ACCOUNTS) as Sender[];
export const LEASE_SECONDS = 2;
const CLOCK = join(import.meta.dirname, 'clock.ts');

/** What may differ between trials in how the processes are started. */
export interface Setting {
  /** Their clocks can be moved. */
  clock: boolean;
  /** A silent watch is closed after seconds rather than minutes. */
  silence: boolean;
  /** Finished runs are deleted after seconds. */
  retention: boolean;
}
export const DEFAULT_SETTING: Setting = { clock: false, silence: false, retention: false };

export const clockFile = (folder: string, sender: Sender): string => join(folder, `${sender}.clock`);
export const configFile = (folder: string): string => join(folder, 'config.yaml');
export const kubeconfigFile = (folder: string, sender: Sender): string => join(folder, `${sender}.kubeconfig`);
export const logFile = (folder: string, sender: Sender): string => join(folder, `${sender}.log`);

/** The environment variables of a process whose files are in `folder`. */
export function environment(
  sender: Sender,
  setting: Setting,
  { namespace, folder, jobImage }: { namespace: string; folder: string; jobImage: string },
): Record<string, string> {
  return {
    NAMESPACE: namespace,
    KUBECONFIG: kubeconfigFile(folder, sender),
    ...(sender === 'api'
      ? { PORT: '0', CONFIG_FILE: configFile(folder) }
      : {
          JOB_IMAGE: jobImage,
          LEASE_SECONDS: String(LEASE_SECONDS),
          JOB_TTL_SECONDS: '2',
          METRICS_PORT: '0',
          RETENTION_INTERVAL_SECONDS: '1',
        }),
    ...(setting.silence ? { WATCH_SILENCE_SECONDS: '3' } : {}),
    ...(setting.retention ? { RUN_RETENTION_SECONDS: '2' } : {}),
    ...(setting.clock ? { NODE_OPTIONS: `--import ${CLOCK}`, CLOCK_FILE: clockFile(folder, sender) } : {}),
  };
}
