import { expect, test } from '@jest/globals';
import { MAX_JOBS } from '../../../../contract/group-run.ts';
import { storedBytes } from '../../../../contract/stored-size.ts';
import { fittedStatus } from '../../../../controller/decide/fitted-status.ts';
import { plannedStatus } from '../../../../controller/decide/plan.ts';
import { definition, ID, job, NOW, observedRun, run, stored, succeededPod } from '../../../support/builders.ts';

const succeeded = (result: string) => stored('SUCCESS', { result });
const TOO_LARGE = stored('SUCCESS', { resultTooLarge: true });

test.each([
  [1, 4096],
  [97, 4096],
  [98, 4081],
  [100, 4000],
  [1000, 400],
])('of %i jobs each may have a result of %i bytes, which is whole or absent', (jobs, bytes) => {
  const fits = succeeded('x'.repeat(bytes));
  expect(fittedStatus(fits, jobs)).toEqual(fits);
  expect(fittedStatus(succeeded('x'.repeat(bytes + 1)), jobs)).toEqual(TOO_LARGE);
});

test('the size of a result is that in etcd', () => {
  // Each of these takes six bytes there, and a quote two.
  for (const [character, bytes] of [
    ['<', 6],
    ['\u0001', 6],
    ['\u2028', 6],
    ['"', 2],
    ['é', 2],
  ] as const) {
    const most = Math.floor(400 / bytes);
    expect(fittedStatus(succeeded(character.repeat(most)), MAX_JOBS)).toHaveProperty('result');
    expect(fittedStatus(succeeded(character.repeat(most + 1)), MAX_JOBS)).toEqual(TOO_LARGE);
  }
});

test('a status without texts stays as it is', () => {
  expect(fittedStatus(stored('STARTED'), 1)).toEqual(stored('STARTED'));
  expect(fittedStatus(TOO_LARGE, 1)).toEqual(TOO_LARGE);
});

test.each([1, 50, 97, 98, 333, 1000])('the texts of %i jobs take at most 400,000 bytes, whatever each has', (jobs) => {
  const [result, message] = ['"<x', '<é"'].map((text) => text.repeat(4096));
  const largest = Math.max(
    ...[succeeded(result!.slice(0, 1000)), stored('FAILURE', { message: message! })].map((one) => {
      const { result = '', message = '' } = fittedStatus(one, jobs);
      return storedBytes(result) + storedBytes(message) - 4;
    }),
  );
  expect(jobs * largest).toBeLessThanOrEqual(400_000);
});

test('a result that does not fit its run is too large in the status, and one that is stored stays', () => {
  const pod = succeededPod({ message: 'x'.repeat(401) });
  const observedWith = (jobs: number, statuses = [] as ReturnType<typeof stored>[]) =>
    observedRun({
      run: run(
        Array.from({ length: jobs }, (_, index) => definition({ name: `job-${index}` })),
        statuses,
      ),
      jobs: new Map([[ID, job({ type: 'Complete' })]]),
      pods: new Map([[ID, [pod]]]),
    });
  expect(plannedStatus(observedWith(1000), NOW).jobs![0]).toMatchObject({ state: 'SUCCESS', resultTooLarge: true });
  expect(plannedStatus(observedWith(997), NOW).jobs![0]).toMatchObject({ result: 'x'.repeat(401) });
  const earlier = stored('SUCCESS', { result: 'x'.repeat(500) });
  expect(plannedStatus(observedWith(1000, [earlier]), NOW).jobs![0]).toEqual(earlier);
});
