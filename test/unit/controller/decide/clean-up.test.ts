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
  succeededPod,
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

const FINISHED_AT = '2026-11-24T11:30:00Z';
const DUE_AT = new Date('2026-11-24T12:30:00Z');
/** The run as over since FINISHED_AT. */
const over = (observed: ObservedRun, finishedAt: string | undefined = FINISHED_AT): ObservedRun => ({
  ...observed,
  run: {
    ...observed.run,
    status: { ...observed.run.status!, state: 'SUCCESS', ...(finishedAt ? { finishedAt } : {}) },
  },
});

describe('the Jobs to clean up', () => {
  const cleanUp = (observed: ObservedRun, now = NOW) => jobsToCleanUp(observed, TTL_SECONDS, now);
  const none = { together: [], singly: [], nextAt: NEVER };

  test('are none before their result is recorded, nor before the run is over', () => {
    expect(cleanUp(recorded(stored('STARTED'), job({ type: 'Complete' })), DUE_AT)).toEqual(none);
    expect(cleanUp(recorded(stored('SUCCESS'), job({ type: 'Complete' })), DUE_AT)).toEqual(none);
  });

  test.each<[string, Job, Pod[]]>([
    ['has finished', job({ type: 'Complete' }), []],
    ['was stopped', stoppedJob('Cancelled', true), []],
    ['was stopped, and has a log', stoppedJob('DeadlineExceeded', true), [latePod()]],
    ['has a finished pod, and no outcome yet', job(), [succeededPod()]],
  ])('are deleted together some time after the end of the run: one that %s', (_, one, pods) => {
    const finished = over(recorded(stored('SUCCESS'), one, pods));
    expect(cleanUp(finished)).toEqual({ ...none, nextAt: DUE_AT.getTime() });
    expect(cleanUp(finished, new Date(DUE_AT.getTime() - 1))).toEqual({ ...none, nextAt: DUE_AT.getTime() });
    expect(cleanUp(finished, DUE_AT)).toEqual({ ...none, together: [one] });
  });

  test('are deleted at once if the end of the run is not known', () => {
    const one = job({ type: 'Complete' });
    const observed = recorded(stored('SUCCESS'), one);
    const unknown = {
      ...observed,
      run: { ...observed.run, status: { ...observed.run.status!, state: 'SUCCESS' as const } },
    };
    expect(cleanUp(unknown)).toEqual({ ...none, together: [one] });
  });

  test.each<[string, Job, Pod[]]>([
    ['whose pod other containers keep alive', job(), [withSidecar(failedPod({ exitCode: 0 }))]],
    ['of which an earlier attempt has ended', job(), [latePod(1), withSidecar(failedPod({ exitCode: 0 }))]],
    ['that appeared after its job was over', job(), []],
    ['that was stopped and resumed', { ...stoppedJob('Cancelled', true), spec: { suspend: false } }, []],
  ])('include one %s, to be deleted at once', (_, one, pods) => {
    const unfinished = recorded(stored('SUCCESS'), one, pods);
    expect(cleanUp(unfinished)).toEqual({ ...none, singly: [one] });
    expect(cleanUp(over(unfinished))).toEqual({ ...none, singly: [one], nextAt: DUE_AT.getTime() });
  });

  test('do not include one that is being deleted, or is deleted already', () => {
    const going = stoppedJob('Cancelled', true);
    going.metadata.deletionTimestamp = '2026-11-24T11:59:00Z';
    expect(cleanUp(over(recorded(stored('REVOKED'), going)), DUE_AT)).toEqual(none);
    const gone = recorded(stored('SUCCESS'), job({ type: 'Complete' }), [], { deleted: new Set([ID]) });
    expect(cleanUp(over(gone), DUE_AT)).toEqual(none);
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
