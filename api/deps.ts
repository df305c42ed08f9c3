import type { Log } from '../process/log.ts';
import type { Auth } from './auth/auth.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { ConcurrencyLimit } from './hold/concurrency-limit.ts';
import type { Rate } from './http/rate-limit.ts';
import type { RunCaps } from './runs/active-runs.ts';
import type { JobLogs } from './runs/job-logs.ts';
import type { RunStore } from './runs/run-store.ts';

/** How a trigger or rerun ended. */
export type TriggerOutcome = 'accepted' | 'replayed' | 'refused' | 'failed';

/** One thing that `/readyz` looks at. */
export interface Check {
  name: string;
  ok: boolean;
  note?: string;
}

/** All that the routes need from outside. */
export interface Deps {
  catalog: () => Catalog;
  runs: RunStore;
  logs: JobLogs;
  newRunId: () => string;
  checks: () => Check[];
  auth: Auth;
  caps: RunCaps;
  /** For answers that are held open. */
  longLivedLimit: ConcurrencyLimit;
  /** Aborts when the service is told to stop: answers that are held open end. */
  stopping: AbortSignal;
  metrics: {
    request(method: string, route: string, code: number, seconds: number): void;
    trigger(outcome: TriggerOutcome): void;
  };
  log: Log;
  /** Of each caller; no limit where not given. */
  rate?: Rate;
  /** How many proxies stand before the service; none where not given. */
  proxies?: number;
  /** Whether a GET triggers; it does where not given. */
  getTriggers?: boolean;
  /** Refuses what is asked for under another machine's name, as a page does that wants to get round its origin. */
  requireLoopbackHost?: boolean;
}
