import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isTerminal, JobState, type JobStatus } from '../../../../contract/group-run.ts';
import type { ObservedJob } from '../../../../controller/decide/observed.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import type { Pod } from '../../../../controller/decide/types.ts';
import {
  definition,
  deletedPod,
  disruptedPod,
  failedCreate,
  failedPod,
  job,
  latePod,
  NOW,
  observed,
  podEvent,
  runningPod,
  stoppedJob,
  stored,
  succeededPod,
  unreachablePod,
  unschedulablePod,
  waitingPod,
  withSidecar,
} from '../../../support/builders.ts';

const RANK: Record<JobState, number> = { PENDING: 0, STARTED: 1, RETRY: 1, SUCCESS: 2, FAILURE: 2, REVOKED: 2 };
const END = { lastTransitionTime: NOW.toISOString() };

/** Any pod of a job. Those that ran started at different times. */
const pod: fc.Arbitrary<Pod> = fc.constantFrom(
  runningPod(),
  runningPod(7),
  failedPod(),
  failedPod({}, 3),
  failedPod({ startedAt: '1970-01-01T00:00:00Z' }, 4),
  withSidecar(failedPod({}, 5)),
  latePod(6),
  succeededPod(),
  succeededPod({ message: 'a result' }, 9),
  disruptedPod(),
  unreachablePod(),
  unreachablePod('2026-11-24T12:00:00Z'),
  waitingPod('ErrImagePull'),
  waitingPod('ContainerCreating', '', 8),
  unschedulablePod(),
);

/** Any combination of observations of a job, sensible or not. */
const anything: fc.Arbitrary<Partial<ObservedJob>> = fc.record(
  {
    definition: fc.constantFrom(
      definition(),
      definition({ backoffLimit: 2, pendingDeadlineSeconds: 1 }),
      definition({ ignoreExitCodes: [3] }),
    ),
    job: fc.constantFrom(
      undefined,
      job(),
      job(undefined, 1),
      job({ type: 'SuccessCriteriaMet', ...END }),
      job({ type: 'Complete', ...END }),
      job({ type: 'FailureTarget', reason: 'DeadlineExceeded', ...END }),
      job({ type: 'Failed', reason: 'BackoffLimitExceeded', ...END }, 3),
      stoppedJob('Cancelled', false),
      stoppedJob('Cancelled', true),
      stoppedJob('ErrImagePull', true),
      stoppedJob('GroupFailed', true),
    ),
    pods: fc.array(pod, { maxLength: 3 }),
    deletedPods: fc.array(fc.oneof(pod, pod.map(deletedPod)), { maxLength: 3 }),
    cancelled: fc.boolean(),
    needed: fc.array(
      fc.constantFrom(undefined, ...JobState.options).map((state) => ({
        name: 'other',
        index: 1,
        status: state && stored(state, { name: 'other' }),
      })),
      { maxLength: 2 },
    ),
    groupFailure: fc.constantFrom(undefined, stored('FAILURE', { name: 'other', reason: 'Error' })),
    deleted: fc.boolean(),
    invalid: fc.constantFrom(undefined, 'no such field'),
    denied: fc.constantFrom(undefined, 'exceeded quota'),
    failedCreate: fc.constantFrom(undefined, failedCreate()),
    podEvents: fc.constantFrom([], [podEvent(waitingPod('ContainerCreating'))]),
  },
  { requiredKeys: [] },
);

/** The statuses after each of these observations, `stepMs` apart. */
function statuses(seen: Partial<ObservedJob>[], stepMs: number): JobStatus[] {
  const found: JobStatus[] = [];
  for (const [step, fields] of seen.entries()) {
    const now = new Date(NOW.getTime() + step * stepMs);
    found.push(jobStatus(observed({ ...fields, previous: found.at(-1) }), now));
  }
  return found;
}

test('for any sequence of observations a state never goes back and a terminal state never changes', () => {
  fc.assert(
    fc.property(
      fc.array(anything, { minLength: 2, maxLength: 12 }),
      fc.integer({ max: 100_000, min: 0 }),
      (seen, step) => {
        const found = statuses(seen, step);
        for (const [index, after] of found.entries()) {
          const before = found[index - 1];
          if (!before) continue;
          expect(RANK[after.state]).toBeGreaterThanOrEqual(RANK[before.state]);
          if (isTerminal(before.state)) expect(after).toEqual(before);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('for any sequence of observations only a job that succeeded has a result, and no message', () => {
  let results = 0;
  fc.assert(
    fc.property(fc.array(anything, { minLength: 1, maxLength: 4 }), (seen) => {
      for (const { state, result, message } of statuses(seen, 1000)) {
        if (result === undefined) continue;
        results += 1;
        expect([state, message]).toEqual(['SUCCESS', undefined]);
      }
    }),
    { numRuns: 2000 },
  );
  expect(results).toBeGreaterThan(0);
});

test('for any sequence of observations a terminal status has finishedAt, a failure has a reason, and UID and startedAt stay', () => {
  fc.assert(
    fc.property(
      fc.array(anything, { minLength: 1, maxLength: 8 }),
      fc.integer({ max: 100_000, min: 0 }),
      (seen, step) => {
        const found = statuses(seen, step);
        for (const [index, status] of found.entries()) {
          expect(status.finishedAt !== undefined).toBe(isTerminal(status.state));
          if (status.state === 'FAILURE' || status.state === 'REVOKED') expect(status.reason).toBeTruthy();
          if (status.pendingSince) expect(isTerminal(status.state)).toBe(false);
          const before = found[index - 1];
          if (before?.jobUID) expect(status.jobUID).toBe(before.jobUID);
          if (before?.startedAt) expect(status.startedAt).toBe(before.startedAt);
          expect(status.attempts ?? 0).toBeGreaterThanOrEqual(before?.attempts ?? 0);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
