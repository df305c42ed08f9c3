import type { Log } from '../kube/log.ts';
import type { Catalog } from './catalog.ts';
import type { RunStore } from './runs.ts';
import type { Slots } from './slots.ts';

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
  newBase: () => string;
  checks: () => Check[];
  /** For answers that are held open. */
  slots: Slots;
  /** Aborts when the service is told to stop: answers that are held open end. */
  stopping: AbortSignal;
  log: Log;
}
