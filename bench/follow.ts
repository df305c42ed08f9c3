import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../contract/paths.ts';
import type { Job, Pod } from '../controller/decide/types.ts';
import type { RawClient } from './raw.ts';

/** The moments (performance.now()) at which the raw client first saw each Job, each pod, and each Job Complete, by name. */
export interface Seen {
  jobs: Map<string, number>;
  pods: Map<string, number>;
  complete: Map<string, number>;
}

export const lastOf = (seen: ReadonlyMap<string, number>): number => Math.max(...seen.values());

/** Follows the Jobs of a namespace, and its pods if asked to, with watches. */
export class Follower {
  readonly seen: Seen = { jobs: new Map(), pods: new Map(), complete: new Map() };
  readonly #stops: (() => void)[];

  constructor(raw: RawClient, namespace: string, { withPods = false } = {}) {
    const { jobs, pods, complete } = this.seen;
    const { jobs: jobsPath, pods: podsPath } = paths(namespace);
    const first = (seen: Map<string, number>, name: string) => {
      if (!seen.has(name)) seen.set(name, performance.now());
    };
    this.#stops = [
      raw.watch<Job>(jobsPath, ({ metadata, status }) => {
        first(jobs, metadata.name);
        if (status?.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True')) {
          first(complete, metadata.name);
        }
      }),
      ...(withPods ? [raw.watch<Pod>(podsPath, ({ metadata }) => first(pods, metadata.name))] : []),
    ];
  }

  /** Resolves when so many Jobs are Complete. Rejects after the deadline. */
  async completed(count: number, deadlineMs = 300_000): Promise<void> {
    const until = performance.now() + deadlineMs;
    while (this.seen.complete.size < count) {
      if (performance.now() > until) {
        throw new Error(
          `Expected ${count} complete Jobs within ${deadlineMs / 1000} s, got ${this.seen.complete.size}`,
        );
      }
      await sleep(2);
    }
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
