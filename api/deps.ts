import type { Log } from '../process/log.ts';
import type { ReadinessCheck } from '../process/readiness.ts';
import type { Auth } from './auth/auth.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { ConcurrencyLimit } from './hold/concurrency-limit.ts';
import type { Rate } from './http/rate-limit.ts';
import type { StaticFile } from './http/static-files.ts';
import type { Metrics, TriggerOutcome } from './metrics.ts';
import type { RunCaps } from './runs/active-runs.ts';
import type { JobLogs } from './runs/job-logs.ts';
import type { RunStore } from './runs/run-store.ts';

export type { TriggerOutcome };

/** Everything that the routes need from outside. */
export interface Deps {
  catalog: () => Catalog;
  runs: RunStore;
  logs: JobLogs;
  newRunId: () => string;
  readinessChecks: () => ReadinessCheck[];
  auth: Auth;
  caps: RunCaps;
  /** For responses that stay open. */
  longLivedLimit: ConcurrencyLimit;
  /** Aborts when the service begins to stop; long-lived responses end. */
  stopping: AbortSignal;
  /** How often the right of an open response is checked again, milliseconds; 30 s by default. */
  recheckMs?: number;
  metrics: Pick<Metrics, 'request' | 'trigger'>;
  log: Log;
  /** For each caller; undefined for no limit. */
  rate?: Rate;
  /** Addresses and networks of the proxies whose X-Forwarded-For counts; none by default. */
  proxies?: string[];
  /** The files of the web page, by their names; undefined if it is not built. */
  page?: ReadonlyMap<string, StaticFile> | undefined;
  /** Whether GET /group/:name triggers; true by default. */
  getTriggers?: boolean;
  /** Reject requests whose Host is not loopback (DNS rebinding). */
  requireLoopbackHost?: boolean;
}
