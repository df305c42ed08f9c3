import { describe, expect, test } from '@jest/globals';
import type { GroupRunSpec, JobStatus } from '../../../../contract/group-run.ts';
import { jobIds } from '../../../../controller/decide/observed.ts';
import {
  jobsToConfirm,
  jobsToCreate,
  jobsToStop,
  nextChange,
  plannedStatus,
  podsAreLate,
} from '../../../../controller/decide/plan.ts';
import type { Job } from '../../../../controller/decide/types.ts';
import {
  definition,
  failedCreate,
  failedPod,
  ID,
  job,
  NOW,
  observedRun,
  RUN_ID,
  run,
  stoppedJob,
  stored,
  unreachablePod,
  waitingPod,
  withSidecar,
} from '../../../support/builders.ts';

const SECOND = `${RUN_ID.slice(0, -1)}2`;
/** A run of the jobs a and b with these spec fields. */
const runWith = (spec: Partial<GroupRunSpec>, statuses?: JobStatus[]) => {
  const one = run([definition({ name: 'a' }), definition({ name: 'b' })], statuses);
  return { ...one, spec: { ...one.spec, ...spec } };
};
const jobs = (...all: Job[]) => new Map(all.map((one) => [one.metadata.name, one]));
const named = (name: string, one: Job): Job => ({ ...one, metadata: { ...one.metadata, name } });

describe('the Jobs to create', () => {
  test('are all of a new run', () => {
    expect(jobsToCreate(observedRun(), NOW)).toEqual([1, 2]);
  });

  test('do not include existing ones, recorded or not', () => {
    expect(jobsToCreate(observedRun({ jobs: jobs(job()) }), NOW)).toEqual([2]);
  });

  test('never include one that was recorded and deleted: its job failed', () => {
    const statuses = [{ name: 'a', id: ID, jobUID: 'job-uid', state: 'STARTED' as const }];
    const gone = observedRun({ run: run([definition({ name: 'a' })], statuses), deleted: new Set([ID]) });
    expect(jobsToCreate(gone, NOW)).toEqual([]);
    expect(plannedStatus(gone, NOW)).toMatchObject({ state: 'FAILURE', jobs: [{ reason: 'JobDeleted' }] });
  });

  test('do not include an invalid one, and the other jobs go on', () => {
    const invalid = observedRun({ invalid: new Map([[ID, 'no such field']]) });
    expect(jobsToCreate(invalid, NOW)).toEqual([2]);
    expect(plannedStatus(invalid, NOW)).toMatchObject({
      state: 'STARTED',
      jobs: [{ state: 'FAILURE', message: 'no such field' }, { state: 'PENDING' }],
    });
  });

  test('do not include that of a job that failed without a Job', () => {
    const statuses = [{ name: 'a', id: ID, state: 'FAILURE' as const, reason: 'JobInvalid' }];
    expect(jobsToCreate(observedRun({ run: run([definition({ name: 'a' })], statuses) }), NOW)).toEqual([]);
  });

  test('are limited by parallelism, in order', () => {
    expect(jobsToCreate(observedRun({ run: runWith({ parallelism: 1 }) }), NOW)).toEqual([1]);
    expect(jobsToCreate(observedRun({ run: runWith({ parallelism: 1 }), jobs: jobs(job()) }), NOW)).toEqual([]);
  });

  test('include the next one as soon as an active one has its outcome', () => {
    const ended = jobs(job({ type: 'SuccessCriteriaMet' }));
    expect(jobsToCreate(observedRun({ run: runWith({ parallelism: 1 }), jobs: ended }), NOW)).toEqual([2]);
  });

  test('are none of a cancelled run, and exclude that of a cancelled job', () => {
    expect(jobsToCreate(observedRun({ run: runWith({ cancel: true }) }), NOW)).toEqual([]);
    expect(jobsToCreate(observedRun({ run: runWith({ cancelJobs: { a: true } }) }), NOW)).toEqual([2]);
  });
});

describe('the Jobs to stop', () => {
  test('are the unfinished ones of a cancelled run', () => {
    const all = jobs(job(), named(SECOND, job({ type: 'Complete' })));
    const stopped = jobsToStop(observedRun({ run: runWith({ cancel: true }), jobs: all }), NOW);
    expect(stopped).toEqual([{ job: all.get(ID), cause: { reason: 'Cancelled' } }]);
  });

  test('do not include stopped ones', () => {
    const all = jobs(stoppedJob('Cancelled', false));
    expect(jobsToStop(observedRun({ run: runWith({ cancel: true }), jobs: all }), NOW)).toEqual([]);
  });

  test('include a stopped one that was resumed', () => {
    const resumed = { ...stoppedJob('Cancelled', false), spec: { suspend: false } };
    expect(jobsToStop(observedRun({ jobs: jobs(resumed) }), NOW)).toHaveLength(1);
  });

  test('keep the cause for which one was stopped, though it was resumed and then cancelled', () => {
    const resumed = { ...stoppedJob('ErrImagePull', false), spec: { suspend: false } };
    const stopped = jobsToStop(observedRun({ run: runWith({ cancel: true }), jobs: jobs(resumed) }), NOW);
    expect(stopped).toMatchObject([{ cause: { reason: 'ErrImagePull' } }]);
  });

  test('include those blocked past the pending deadline, with the reason', () => {
    const statuses = [stored('PENDING', { pendingSince: '2026-11-24T11:00:00Z' })];
    const blocked = observedRun({
      run: runWith({}, statuses),
      jobs: jobs(job()),
      pods: new Map([[ID, [waitingPod('ErrImagePull')]]]),
    });
    expect(jobsToStop(blocked, NOW)).toMatchObject([{ cause: { reason: 'ErrImagePull' } }]);
  });
});

test('the messages of all jobs share a size limit', () => {
  const many = Array.from({ length: 1000 }, (_, i) => definition({ name: `job-${i}` }));
  const one = run(many);
  const invalid = new Map(jobIds(one).map((id) => [id, 'é'.repeat(2048)]));
  const status = plannedStatus(observedRun({ run: one, invalid }), NOW);
  expect(status.jobs!.map(({ message }) => message)).toEqual(Array(1000).fill('é'.repeat(200)));
  const few = observedRun({ run: run([definition()]), invalid: new Map([[ID, 'x'.repeat(5000)]]) });
  expect(plannedStatus(few, NOW).jobs![0]!.message).toHaveLength(2048);
});

test('the UID of each existing Job is recorded', () => {
  const { jobs: statuses } = plannedStatus(observedRun({ jobs: jobs(job()) }), NOW);
  expect(statuses!.map(({ jobUID }) => jobUID)).toEqual(['job-uid', undefined]);
});

test('that a cancelled job has no Job is confirmed before it becomes REVOKED', () => {
  expect(jobsToConfirm(observedRun({ run: runWith({ cancel: true }), jobs: jobs(job()) }), NOW)).toEqual([SECOND]);
});

describe('the pods of a Job are late', () => {
  const made = (creationTimestamp: string): Job => {
    const one = job();
    return { ...one, metadata: { ...one.metadata, creationTimestamp } };
  };
  const old = made('2026-11-24T11:59:50Z');
  const late = (fields: Parameters<typeof observedRun>[0]) => podsAreLate(observedRun(fields), NOW);

  test('ten seconds after its creation, without a known reason', () => {
    expect(late({ jobs: jobs(old) })).toBe(true);
    expect(late({ jobs: jobs(made('2026-11-24T11:59:51Z')) })).toBe(false);
  });

  test('but not if it has a pod, a FailedCreate Event, is suspended or is finished', () => {
    expect(late({ jobs: jobs(old), pods: new Map([[ID, [waitingPod('ContainerCreating')]]]) })).toBe(false);
    expect(late({ jobs: jobs(old), failedCreates: new Map([[ID, failedCreate()]]) })).toBe(false);
    expect(late({ jobs: jobs({ ...old, spec: { suspend: true } }) })).toBe(false);
    expect(late({ jobs: jobs({ ...old, status: job({ type: 'Complete' }).status! }) })).toBe(false);
  });

  test('at a time for which the run is requeued', () => {
    const soon = observedRun({ jobs: jobs(made('2026-11-24T11:59:55Z')) });
    expect(nextChange(soon, NOW)).toBe(Date.parse('2026-11-24T12:00:05Z'));
  });
});

describe('the next change without an event', () => {
  test('is never if no deadline is running', () => {
    expect(nextChange(observedRun({ jobs: jobs(job()) }), NOW)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is the pending deadline of a blocked job', () => {
    const blocked = observedRun({
      run: runWith({}, [stored('PENDING', { pendingSince: '2026-11-24T11:59:00Z' })]),
      jobs: jobs(job()),
      pods: new Map([[ID, [waitingPod('ErrImagePull')]]]),
    });
    expect(nextChange(blocked, NOW)).toBe(Date.parse('2026-11-24T12:01:00Z'));
  });

  const started = { ...job(), status: { startTime: '2026-11-24T12:00:00Z' } };

  test('is the deadline of a job, and after it the grace period in which its node may answer', () => {
    expect(nextChange(observedRun({ jobs: jobs(started) }), NOW)).toBe(Date.parse('2026-11-24T12:05:00Z'));
    const deadline = new Date('2026-11-24T12:05:00Z');
    expect(nextChange(observedRun({ jobs: jobs(started) }), deadline)).toBe(Date.parse('2026-11-24T12:05:30Z'));
  });

  test('is 30 s after the deletionTimestamp of a pod: then its node counts as lost', () => {
    const leaving = observedRun({
      jobs: jobs(stoppedJob('Cancelled', true)),
      pods: new Map([[ID, [unreachablePod('2026-11-24T12:00:10Z')]]]),
    });
    expect(nextChange(leaving, NOW)).toBe(Date.parse('2026-11-24T12:00:40Z'));
  });

  test('is ten seconds after the job’s container ended beside another that runs', () => {
    const pod = withSidecar(failedPod({ finishedAt: '2026-11-24T11:59:55Z' }));
    const outlived = observedRun({ jobs: jobs(job()), pods: new Map([[ID, [pod]]]) });
    expect(nextChange(outlived, NOW)).toBe(Date.parse('2026-11-24T12:00:05Z'));
  });
});
