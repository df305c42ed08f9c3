import { describe, expect, test } from '@jest/globals';
import { rerunSpec } from '../../../../api/runs/rerun.ts';
import type { JobState, JobStatus } from '../../../../contract/group-run.ts';
import { definition, RUN_ID, run } from '../../../support/builders.ts';

const names = ['one', 'two', 'three'];
const runWith = (...states: JobState[]) => {
  const statuses = states.map((state, i): JobStatus => ({ name: names[i]!, state }));
  const built = run(
    names.map((name) => definition({ name })),
    statuses,
  );
  const isFinished = states.every((state) => ['SUCCESS', 'FAILURE', 'REVOKED'].includes(state));
  return { ...built, status: { ...built.status!, state: isFinished ? ('FAILURE' as const) : ('STARTED' as const) } };
};
const jobsOf = (rerun: ReturnType<typeof rerunSpec>) => ('spec' in rerun ? rerun.spec.jobs.map((job) => job.name) : []);

test('a rerun repeats the definitions, parameters and bounds of a run, but not its cancel', () => {
  const first = runWith('SUCCESS', 'FAILURE', 'REVOKED');
  const spec = { ...first.spec, parameters: { a: '1' }, parallelism: 2, rerunOf: 'older', cancel: true };
  expect(rerunSpec({ ...first, spec }, 'all')).toEqual({
    spec: { group: 'group_a', parameters: { a: '1' }, jobs: first.spec.jobs, parallelism: 2, rerunOf: RUN_ID },
  });
});

test('an unfinished run can only be repeated as a whole', () => {
  expect(jobsOf(rerunSpec(runWith('SUCCESS', 'STARTED', 'PENDING'), 'all'))).toEqual(names);
  expect(rerunSpec(runWith('FAILURE', 'STARTED', 'PENDING'), 'failed')).toEqual({ error: 'RunNotOver' });
  expect(rerunSpec(run(), 'failed')).toEqual({ error: 'RunNotOver' });
});

test('failed jobs are those that ended as FAILURE or REVOKED, in the order of the definitions', () => {
  expect(jobsOf(rerunSpec(runWith('REVOKED', 'SUCCESS', 'FAILURE'), 'failed'))).toEqual(['one', 'three']);
  expect(rerunSpec(runWith('SUCCESS', 'SUCCESS', 'SUCCESS'), 'failed')).toEqual({ error: 'NothingFailed' });
});

test('all jobs of a run that failed for its size are failed jobs', () => {
  const large = { ...runWith(), status: { state: 'FAILURE' as const } };
  expect(jobsOf(rerunSpec(large, 'failed'))).toEqual(names);
});

describe('a rerun of jobs that need others', () => {
  const order: Record<string, string[]> = { one: [], two: ['one'], three: ['one', 'two', 'older'] };
  const first = (spec: object, ...statuses: Partial<JobStatus>[]) => {
    const built = run(
      names.map((name) => definition({ name, ...(order[name]!.length > 0 && { needs: order[name]! }) })),
      statuses.map((status, i): JobStatus => ({ name: names[i]!, state: 'SUCCESS', ...status })),
    );
    return { ...built, spec: { ...built.spec, ...spec }, status: { ...built.status!, state: 'FAILURE' as const } };
  };
  const failed = { state: 'FAILURE' as const };
  const earlier = { older: 'from before', unused: 'x' };
  const specOf = (...of: Parameters<typeof rerunSpec>) => {
    const rerun = rerunSpec(...of);
    return 'spec' in rerun ? rerun.spec : undefined;
  };

  test('keeps their order, and what fails together, and takes the results of those that succeeded', () => {
    const before = first({ onFailure: 'cancel', earlierResults: earlier }, { result: '{"rows":3}' }, failed, {
      state: 'REVOKED',
    });
    expect(specOf(before, 'failed')).toEqual({
      group: 'group_a',
      jobs: before.spec.jobs.slice(1),
      onFailure: 'cancel',
      earlierResults: { one: '{"rows":3}', older: 'from before' },
      rerunOf: RUN_ID,
    });
  });

  test('has an empty text for a job without a result, or with one that was too large', () => {
    const before = first({ earlierResults: { older: '' } }, { resultTooLarge: true }, {}, failed);
    expect(specOf(before, 'failed')!.earlierResults).toEqual({ one: '', two: '', older: '' });
  });

  test('as a whole keeps only what came from an earlier run', () => {
    const before = first({ earlierResults: earlier }, { result: 'a' }, { result: 'b' }, failed);
    expect(specOf(before, 'all')).toMatchObject({ jobs: before.spec.jobs, earlierResults: { older: 'from before' } });
    expect(specOf(first({}, {}, {}, failed), 'all')).not.toHaveProperty('earlierResults');
  });

  test('of a run that was not valid does not make it valid', () => {
    const broken = first({}, failed, failed, failed);
    Object.assign(broken.spec.jobs[1]!, { needs: 5 });
    expect(specOf(broken, 'failed')).not.toHaveProperty('earlierResults');
  });
});
