import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RunStore } from './runs/run-store.ts';

const OUTCOMES = ['accepted', 'replayed', 'refused', 'failed'] as const;
/** How a trigger or rerun ended. */
export type TriggerOutcome = (typeof OUTCOMES)[number];

export interface Metrics {
  registry: Registry;
  request(method: string, route: string, code: number, seconds: number): void;
  trigger(outcome: TriggerOutcome): void;
  /** `seconds` from the end of a job, which Kubernetes records in whole seconds, until the cache shows it. */
  statusLag(seconds: number): void;
}

/** What the gauges read. */
interface Sources {
  runs: () => Pick<RunStore, 'active' | 'cacheAgeSeconds'>;
  longLivedResponses: () => number;
  /** Whether the current config file cannot be used. */
  configIsBroken: () => boolean;
}

/** The API's Prometheus metrics. Each scrape reads the gauges anew. */
export function createMetrics({ runs, longLivedResponses, configIsBroken }: Sources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge(
    'async_api_cache_age_seconds',
    'For how long the cache may have missed something; 0 where it is current.',
    () => runs().cacheAgeSeconds,
  );
  gauge('async_api_active_runs', 'Runs that are not over.', () => runs().active.total);
  gauge('async_api_held_answers', 'Answers held open: events, followed logs, waits.', longLivedResponses);
  gauge('async_api_config_broken', '1 where the file of groups cannot be used and the last good one is.', () =>
    Number(configIsBroken()),
  );
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long it took to answer, by route.',
    labelNames: ['method', 'route', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const triggers = new Counter({
    name: 'async_api_triggers_total',
    help: 'Triggers and reruns, by how they ended.',
    labelNames: ['outcome'],
    registers,
  });
  // Start each series at 0: increase() misses the first increment of a series that appears at 1.
  for (const outcome of OUTCOMES) triggers.inc({ outcome }, 0);
  const lag = new Histogram({
    name: 'async_api_status_lag_seconds',
    help: 'From the end of a job, as Kubernetes dates it to the second, until its state could be seen here.',
    buckets: [0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300],
    registers,
  });
  return {
    registry,
    request: (method, route, code, seconds) => duration.observe({ method, route, code }, seconds),
    trigger: (outcome) => triggers.inc({ outcome }),
    statusLag: (seconds) => lag.observe(seconds),
  };
}
