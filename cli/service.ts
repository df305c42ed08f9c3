import type { Client } from '../client/client.ts';

/** What the commands need of the service, over REST or over the Kubernetes API. */
export type Service = Pick<
  Client,
  | 'me'
  | 'groups'
  | 'runs'
  | 'run'
  | 'cancelRun'
  | 'cancelJob'
  | 'dryRun'
  | 'trigger'
  | 'rerun'
  | 'followRun'
  | 'followRuns'
  | 'log'
>;

/** A service, what to call it in messages, and how to let go of its connections. */
export interface Connected {
  service: Service;
  server: string;
  close(): Promise<void>;
}
