import { expect, test } from '@jest/globals';
import { plannedStatus } from '../../../controller/decide/plan.ts';
import type { JobWriter } from '../../../controller/job-writer.ts';
import type { Observer } from '../../../controller/observe.ts';
import { Reconciler } from '../../../controller/reconcile.ts';
import { ID, job, NOW, observedRun, run, stored, unschedulablePod } from '../../support/builders.ts';

/** The pending deadline of the job is NOW. */
const pendingSince = new Date(NOW.getTime() - 120_000).toISOString();
function blockedRun() {
  const waiting = observedRun({
    run: run(undefined, [stored('PENDING', { pendingSince })]),
    jobs: new Map([[ID, job()]]),
    pods: new Map([[ID, [unschedulablePod()]]]),
  });
  const before = new Date(NOW.getTime() - 1);
  return { ...waiting, run: { ...waiting.run, status: plannedStatus(waiting, before) } };
}

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'a deadline that passes after %i reads of the clock stops the Job now or requeues the run',
  async (readsBefore) => {
    const done: string[] = [];
    let reads = 0;
    const observed = blockedRun();
    const reconciler = new Reconciler({
      client: { request: () => Promise.reject(new Error('Expected no write: the status stands')) },
      path: '',
      runs: { get: () => observed.run },
      observer: { cached: () => observed, confirm: async () => {} } as unknown as Observer,
      jobs: { stop: async () => void done.push('stopped') } as unknown as JobWriter,
      jobTtlSeconds: 3600,
      onStatusWritten: () => {},
      onPodsLate: () => {},
      requeueAfter: (_name, ms) => void done.push(ms >= 0 ? 'requeued' : `${ms} ms`),
      writeOptions: () => ({}),
      log: () => {},
      now: () => new Date(NOW.getTime() - (reads++ < readsBefore ? 1 : 0)),
    });
    await reconciler.reconcile(observed.run.metadata.name);
    expect(['stopped', 'requeued']).toContain(done[0]);
  },
);
