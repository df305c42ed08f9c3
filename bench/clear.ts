import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../contract/paths.ts';
import type { RawClient } from './raw.ts';

const MAX_TRIES = 100;

/** Deletes all runs, Jobs, pods and Events of the namespace. Resolves when they are gone. */
export async function clear(raw: RawClient, namespace: string): Promise<void> {
  const { runs, jobs, pods, events } = paths(namespace);
  // Runs first, so that nobody creates their Jobs again. A pod's grace period would be waited for by KWOK's node.
  const collections = [runs, `${jobs}?propagationPolicy=Background`, `${pods}?gracePeriodSeconds=0`, events];
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    for (const collection of collections) {
      // Deleting thousands of objects may take longer than the API server lets a call take: the next try goes on.
      await raw.text('DELETE', collection).catch(() => {});
    }
    const left = await Promise.all([runs, jobs, pods].map((path) => isEmpty(raw, path)));
    if (left.every(Boolean)) return;
    await sleep(300);
  }
  throw new Error(`The objects of namespace ${namespace} are not gone after ${MAX_TRIES} tries`);
}

const isEmpty = async (raw: RawClient, path: string): Promise<boolean> =>
  (await raw.request<{ items: unknown[] }>('GET', `${path}?limit=1`)).items.length === 0;
