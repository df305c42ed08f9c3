import { expect, test } from '@jest/globals';
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
