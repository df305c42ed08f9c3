import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ControllerCaches } from './caches.ts';

interface Options {
  caches: ControllerCaches;
  leads: () => boolean;
  queueDepth: () => number;
}

/** The controller's Prometheus metrics. Gauges are computed at scrape time. */
export function createMetrics({ caches, leads, queueDepth }: Options) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'async_api_controller_leader',
    help: '1 where this replica leads.',
    registers,
    collect() {
      this.set(leads() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'async_api_workqueue_depth',
    help: 'Runs that wait for a worker.',
    registers,
    collect() {
      this.set(queueDepth());
    },
  });
  const each = (set: (resource: string, cache: { watchIdleSeconds: number; size: number }) => void) => {
    for (const [resource, cache] of Object.entries(caches)) set(resource, cache);
  };
  new Gauge({
    name: 'async_api_watch_last_event_age_seconds',
    help: 'Seconds since the API server was last heard about this resource, bookmarks included.',
    labelNames: ['resource'],
    registers,
    collect() {
      each((resource, { watchIdleSeconds }) => this.set({ resource }, watchIdleSeconds));
    },
  });
  new Gauge({
    name: 'async_api_cache_objects',
    help: 'Objects in the cache.',
    labelNames: ['resource'],
    registers,
    collect() {
      each((resource, { size }) => this.set({ resource }, size));
    },
  });
  const reconciles = new Counter({
    name: 'async_api_reconcile_total',
    help: 'Runs looked at, by how that ended.',
    labelNames: ['result'],
    registers,
  });
  // Start each series at 0: increase() misses the first increment of a series that appears at 1.
  for (const result of ['success', 'error']) reconciles.inc({ result }, 0);
  const duration = new Histogram({
    name: 'async_api_reconcile_duration_seconds',
    help: 'How long it took to look at a run and do what it needed.',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers,
  });
  return {
    registry,
    /** Counts and times one reconcile. Rethrows its error. */
    async measure(work: () => Promise<void>): Promise<void> {
      const end = duration.startTimer();
      try {
        await work();
        reconciles.inc({ result: 'success' });
      } catch (error) {
        reconciles.inc({ result: 'error' });
        throw error;
      } finally {
        end();
      }
    },
  };
}
