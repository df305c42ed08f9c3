import { describe, expect, test } from '@jest/globals';
import type { GroupRunSpec, JobStatus } from '../../../../contract/group-run.ts';
import {
  jobIds,
  jobsToCleanUp,
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
  ID,
  job,
  NOW,
  observedRun,
  RUN_ID,
  run,
  stoppedJob,
  stored,
  waitingPod,
} from '../../../support/builders.ts';

const SECOND = `${RUN_ID.slice(0, -1)}2`;
/** A run of the jobs a and b with this in its spec. */
const runWith = (spec: Partial<GroupRunSpec>, statuses?: JobStatus[]) => {
  const one = run([definition({ name: 'a' }), definition({ name: 'b' })], statuses);
  return { ...one, spec: { ...one.spec, ...spec } };
};
const jobs = (...all: Job[]) => new Map(all.map((one) => [one.metadata.name, one]));
const named = (name: string, one: Job): Job => ({ ...one, metadata: { ...one.metadata, name } });

describe('the Jobs to make', () => {
  test('of a new run are all', () => {
    expect(jobsToCreate(observedRun(), NOW)).toEqual([1, 2]);
  });

  test('are not those that are there, recorded or not', () => {
    expect(jobsToCreate(observedRun({ jobs: jobs(job()) }), NOW)).toEqual([2]);
  });

  test('are never one that was recorded and is gone, and its job failed', () => {
    const statuses = [{ name: 'a', id: ID, jobUID: 'job-uid', state: 'STARTED' as const }];
    const gone = observedRun({ run: run([definition({ name: 'a' })], statuses), deleted: new Set([ID]) });
    expect(jobsToCreate(gone, NOW)).toEqual([]);
    expect(plannedStatus(gone, NOW)).toMatchObject({ state: 'FAILURE', jobs: [{ reason: 'JobDeleted' }] });
  });

  test('are not one the API server refused for good, and the other jobs go on', () => {
    const invalid = observedRun({ invalid: new Map([[ID, 'no such field']]) });
    expect(jobsToCreate(invalid, NOW)).toEqual([2]);
    expect(plannedStatus(invalid, NOW)).toMatchObject({
      state: 'STARTED',
      jobs: [{ state: 'FAILURE', message: 'no such field' }, { state: 'PENDING' }],
    });
  });

  test('are not one of a job that failed without ever having had a Job', () => {
    const statuses = [{ name: 'a', id: ID, state: 'FAILURE' as const, reason: 'JobRejected' }];
    expect(jobsToCreate(observedRun({ run: run([definition({ name: 'a' })], statuses) }), NOW)).toEqual([]);
  });

  test('are no more than parallelism leaves room for, in order', () => {
    expect(jobsToCreate(observedRun({ run: runWith({ parallelism: 1 }) }), NOW)).toEqual([1]);
    expect(jobsToCreate(observedRun({ run: runWith({ parallelism: 1 }), jobs: jobs(job()) }), NOW)).toEqual([]);
  });

  test('come when one before has ended', () => {
    const ended = jobs(job({ type: 'SuccessCriteriaMet' }));
    expect(jobsToCreate(observedRun({ run: runWith({ parallelism: 1 }), jobs: ended }), NOW)).toEqual([2]);
  });

  test('are none of a cancelled run, and not that of a cancelled job', () => {
    expect(jobsToCreate(observedRun({ run: runWith({ cancel: true }) }), NOW)).toEqual([]);
    expect(jobsToCreate(observedRun({ run: runWith({ cancelJobs: { a: true } }) }), NOW)).toEqual([2]);
  });
});

describe('the Jobs to stop', () => {
  test('are those of a cancelled run that go on', () => {
    const all = jobs(job(), named(SECOND, job({ type: 'Complete' })));
    const stopped = jobsToStop(observedRun({ run: runWith({ cancel: true }), jobs: all }), NOW);
    expect(stopped).toEqual([{ job: all.get(ID), cause: { reason: 'Cancelled' } }]);
  });

  test('are not those that were stopped already', () => {
    const all = jobs(stoppedJob('Cancelled', false));
    expect(jobsToStop(observedRun({ run: runWith({ cancel: true }), jobs: all }), NOW)).toEqual([]);
  });

  test('are again those that somebody resumed', () => {
    const resumed = { ...stoppedJob('Cancelled', false), spec: { suspend: false } };
    expect(jobsToStop(observedRun({ jobs: jobs(resumed) }), NOW)).toHaveLength(1);
  });

  test('are those that could not start for too long, with the reason', () => {
    const statuses = [stored('PENDING', { pendingSince: '2026-11-24T11:00:00Z' })];
    const blocked = observedRun({
      run: runWith({}, statuses),
      jobs: jobs(job()),
      pods: new Map([[ID, [waitingPod('ErrImagePull')]]]),
    });
    expect(jobsToStop(blocked, NOW)).toMatchObject([{ cause: { reason: 'ErrImagePull' } }]);
  });
});

test('what jobs have to say shares a budget', () => {
  const many = Array.from({ length: 1000 }, (_, i) => definition({ name: `job-${i}` }));
  const one = run(many);
  const invalid = new Map(jobIds(one).map((id) => [id, 'é'.repeat(2048)]));
  const status = plannedStatus(observedRun({ run: one, invalid }), NOW);
  expect(status.jobs!.map(({ message }) => message)).toEqual(Array(1000).fill('é'.repeat(200)));
  const few = observedRun({ run: run([definition()]), invalid: new Map([[ID, 'x'.repeat(5000)]]) });
  expect(plannedStatus(few, NOW).jobs![0]!.message).toHaveLength(2048);
});

test('the UID of each Job that is there is recorded', () => {
  const { jobs: statuses } = plannedStatus(observedRun({ jobs: jobs(job()) }), NOW);
  expect(statuses!.map(({ jobUID }) => jobUID)).toEqual(['job-uid', undefined]);
});

test('that a cancelled job has no Job is confirmed before it is over', () => {
  expect(jobsToConfirm(observedRun({ run: runWith({ cancel: true }), jobs: jobs(job()) }), NOW)).toEqual([SECOND]);
});

describe('what becomes of Jobs', () => {
  test('nothing before their result is recorded', () => {
    const unrecorded = observedRun({ run: runWith({}, [stored('STARTED')]), jobs: jobs(job({ type: 'Complete' })) });
    expect(jobsToCleanUp(unrecorded)).toEqual({ expire: [], remove: [] });
  });

  test('one that ended gets its time to live, once', () => {
    const ended = job({ type: 'Complete' });
    const recorded = runWith({}, [stored('SUCCESS')]);
    expect(jobsToCleanUp(observedRun({ run: recorded, jobs: jobs(ended) }))).toEqual({ expire: [ended], remove: [] });
    const expiring = { ...ended, spec: { ttlSecondsAfterFinished: 0 } };
    expect(jobsToCleanUp(observedRun({ run: recorded, jobs: jobs(expiring) }))).toEqual({ expire: [], remove: [] });
  });

  test('one that will never end by itself is removed', () => {
    const stopped = stoppedJob('Cancelled', true);
    const recorded = observedRun({ run: runWith({}, [stored('REVOKED')]), jobs: jobs(stopped) });
    expect(jobsToCleanUp(recorded)).toEqual({ expire: [], remove: [stopped] });
  });
});

describe('Jobs whose pods are late', () => {
  const made = (creationTimestamp: string): Job => {
    const one = job();
    return { ...one, metadata: { ...one.metadata, creationTimestamp } };
  };
  const old = made('2026-11-24T11:59:50Z');
  const late = (fields: Parameters<typeof observedRun>[0]) => podsAreLate(observedRun(fields), NOW);

  test('have had none for ten seconds, and nothing says why', () => {
    expect(late({ jobs: jobs(old) })).toBe(true);
    expect(late({ jobs: jobs(made('2026-11-24T11:59:51Z')) })).toBe(false);
  });

  test('are not those that have a pod, that a quota holds, that are suspended or that are over', () => {
    expect(late({ jobs: jobs(old), pods: new Map([[ID, [waitingPod('ContainerCreating')]]]) })).toBe(false);
    expect(late({ jobs: jobs(old), failedCreates: new Map([[ID, failedCreate()]]) })).toBe(false);
    expect(late({ jobs: jobs({ ...old, spec: { suspend: true } }) })).toBe(false);
    expect(late({ jobs: jobs({ ...old, status: job({ type: 'Complete' }).status! }) })).toBe(false);
  });

  test('are looked for when they are due', () => {
    const soon = observedRun({ jobs: jobs(made('2026-11-24T11:59:55Z')) });
    expect(nextChange(soon, NOW)).toBe(Date.parse('2026-11-24T12:00:05Z'));
  });
});

describe('when time alone changes something', () => {
  test('is never for a job that waits for nothing', () => {
    expect(nextChange(observedRun({ jobs: jobs(job()) }), NOW)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is the end of the pending deadline of a job that is blocked', () => {
    const blocked = observedRun({
      run: runWith({}, [stored('PENDING', { pendingSince: '2026-11-24T11:59:00Z' })]),
      jobs: jobs(job()),
      pods: new Map([[ID, [waitingPod('ErrImagePull')]]]),
    });
    expect(nextChange(blocked, NOW)).toBe(Date.parse('2026-11-24T12:01:00Z'));
  });

  test('is the deadline and a grace of a job that runs', () => {
    const started = { ...job(), status: { startTime: '2026-11-24T12:00:00Z' } };
    expect(nextChange(observedRun({ jobs: jobs(started) }), NOW)).toBe(Date.parse('2026-11-24T12:05:30Z'));
  });
});
