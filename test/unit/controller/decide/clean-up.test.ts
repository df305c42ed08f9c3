import { describe, expect, test } from '@jest/globals';
import type { JobStatus } from '../../../../contract/group-run.ts';
import { jobsToCleanUp, podsToDelete } from '../../../../controller/decide/clean-up.ts';
import type { ObservedRun } from '../../../../controller/decide/observed.ts';
import type { Job, Pod } from '../../../../controller/decide/types.ts';
import {
  definition,
  deletedPod,
  failedPod,
  ID,
  job,
  latePod,
  NOW,
  observedRun,
  run,
  runningPod,
  stoppedJob,
  stored,
  withSidecar,
} from '../../../support/builders.ts';

const TTL_SECONDS = 3600;
const NEVER = Number.POSITIVE_INFINITY;
const recorded = (status: JobStatus, one?: Job, pods: Pod[] = [], fields: Partial<ObservedRun> = {}) =>
  observedRun({
    run: run([definition({ backoffLimit: 2 })], [status]),
    jobs: one ? new Map([[ID, one]]) : new Map(),
    pods: new Map([[ID, pods]]),
    ...fields,
  });

describe('the Jobs to clean up', () => {
  const cleanUp = (observed: ObservedRun, now = NOW) => jobsToCleanUp(observed, TTL_SECONDS, now);

  test('are none before their result is recorded', () => {
    const unrecorded = recorded(stored('STARTED'), job({ type: 'Complete' }));
    expect(cleanUp(unrecorded)).toEqual({ expire: [], remove: [], nextAt: NEVER });
  });

  test('include a finished one, to get its TTL once', () => {
    const ended = job({ type: 'Complete' });
    expect(cleanUp(recorded(stored('SUCCESS'), ended))).toEqual({ expire: [ended], remove: [], nextAt: NEVER });
    const expiring = { ...ended, spec: { ttlSecondsAfterFinished: 0 } };
    expect(cleanUp(recorded(stored('SUCCESS'), expiring))).toEqual({ expire: [], remove: [], nextAt: NEVER });
  });

  test('include a stopped one without pods, to be deleted', () => {
    const stopped = stoppedJob('Cancelled', true);
    expect(cleanUp(recorded(stored('REVOKED'), stopped))).toEqual({ expire: [], remove: [stopped], nextAt: NEVER });
  });

  test('include a stopped one with an ended pod only after the TTL, so that its log can be read', () => {
    const stopped = stoppedJob('DeadlineExceeded', true);
    const late = recorded(stored('FAILURE', { finishedAt: '2026-11-24T11:30:00Z' }), stopped, [latePod()]);
    const end = new Date('2026-11-24T12:30:00Z');
    expect(cleanUp(late)).toEqual({ expire: [], remove: [], nextAt: end.getTime() });
    expect(cleanUp(late, end)).toEqual({ expire: [], remove: [stopped], nextAt: NEVER });
  });

  test('include one whose pod other containers keep alive, to be deleted at once', () => {
    const beside = withSidecar(failedPod({ exitCode: 0 }));
    const finishedAt = '2026-11-24T11:59:00Z';
    expect(cleanUp(recorded(stored('SUCCESS', { finishedAt }), job(), [beside])).remove).toHaveLength(1);
    expect(cleanUp(recorded(stored('FAILURE', { finishedAt }), job(), [latePod(1), beside])).remove).toHaveLength(1);
  });

  test('include a stopped one with an ended pod at once, if the end of the job is not known', () => {
    expect(cleanUp(recorded(stored('FAILURE'), stoppedJob('DeadlineExceeded', true), [latePod()]))).toMatchObject({
      remove: [expect.anything()],
      nextAt: NEVER,
    });
  });

  test('do not include a stopped one that is being deleted', () => {
    const going = stoppedJob('Cancelled', true);
    going.metadata.deletionTimestamp = '2026-11-24T11:59:00Z';
    expect(cleanUp(recorded(stored('REVOKED'), going))).toEqual({ expire: [], remove: [], nextAt: NEVER });
  });

  test('do not include one that is deleted already', () => {
    const gone = recorded(stored('SUCCESS'), job({ type: 'Complete' }), [], { deleted: new Set([ID]) });
    expect(cleanUp(gone)).toEqual({ expire: [], remove: [], nextAt: NEVER });
  });
});

describe('the pods to delete', () => {
  test.each<[string, ObservedRun]>([
    ['the Job is gone', recorded(stored('FAILURE'), undefined, [runningPod()])],
    [
      'the Job was deleted after it succeeded',
      recorded(stored('SUCCESS'), job({ type: 'Complete' }), [runningPod()], { deleted: new Set([ID]) }),
    ],
    [
      'other containers outlive a failed attempt that is retried',
      recorded(stored('STARTED'), job(), [withSidecar(failedPod())]),
    ],
  ])('include one that runs although %s', (_, observed) => {
    expect(podsToDelete(observed, NOW)).toHaveLength(1);
  });

  test.each<[string, ObservedRun]>([
    ['has a Job', recorded(stored('FAILURE'), job(), [runningPod()])],
    ['belongs to a job that is not over', recorded(stored('STARTED'), undefined, [runningPod()])],
    ['has ended', recorded(stored('FAILURE'), undefined, [failedPod()])],
    ['is being deleted', recorded(stored('FAILURE'), undefined, [deletedPod(runningPod())])],
    [
      'other containers outlive after the last attempt',
      recorded(stored('STARTED'), job(undefined, 3), [withSidecar(failedPod())]),
    ],
    [
      'ended beside other containers just now',
      recorded(stored('STARTED'), job(), [withSidecar(failedPod({ finishedAt: '2026-11-24T11:59:55Z' }))]),
    ],
  ])('do not include one that %s', (_, observed) => {
    expect(podsToDelete(observed, NOW)).toEqual([]);
  });
});
