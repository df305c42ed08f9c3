import { expect, test } from '@jest/globals';
import type { GroupRun } from '../../../contract/group-run.ts';
import { type CachedRun, cachedRun, isFinished, unpackedRun } from '../../../controller/finished-run.ts';
import { definition, run, stored } from '../../support/builders.ts';

/** A run of that many jobs, which are over, as the API server sends it. */
function received(count: number): GroupRun {
  const names = Array.from({ length: count }, (_, index) => `job_${index}`);
  const one = run(
    names.map((name) => definition({ name })),
    names.map((name) =>
      stored('FAILURE', { name, reason: 'Error', message: 'the last lines', finishedAt: '2026-11-24T11:20:00Z' }),
    ),
  );
  one.spec.parameters = { day: '2026-11-24' };
  one.status = { ...one.status!, state: 'FAILURE', finishedAt: '2026-11-24T11:20:00Z' };
  return one;
}

const sizeOf = (one: GroupRun): number | undefined => {
  const cached: CachedRun = cachedRun(one);
  return isFinished(cached) ? cached.size : undefined;
};

test('a run that is not over is kept with its definitions', () => {
  const one = run([definition()], [stored('STARTED')]);
  const cached = cachedRun(one);
  expect(isFinished(cached)).toBe(false);
  expect(unpackedRun(cached)).toEqual(one);
});

test('of a finished run the clean-up gets the exit codes that tell whether a pod is followed by another', () => {
  const one = received(1);
  Object.assign(one.spec.jobs[0]!, { failOnExitCodes: [42], ignoreExitCodes: [75] });
  expect(unpackedRun(cachedRun(one)).spec.jobs).toMatchObject([{ failOnExitCodes: [42], ignoreExitCodes: [75] }]);
});

test.each([1, 1000])('of a finished run with %d jobs the clean-up gets the limits and the state of each', (count) => {
  const one = received(count);
  const cached = cachedRun(one);
  expect(isFinished(cached) && [cached.spec.jobs.length, cached.endedAt]).toEqual([count, '2026-11-24T11:20:00Z']);
  const { metadata, spec, status } = unpackedRun(cached);
  expect(metadata).toEqual((({ namespace, ...rest }) => rest)(one.metadata));
  expect(spec).toEqual({ group: 'group_a', jobs: one.spec.jobs.map(({ sleep, ...limits }) => limits) });
  expect(status?.jobs).toEqual(one.status!.jobs!.map(({ message, ...rest }) => rest));
});

test('a run counts as its jobs, as at least five, and as one for each KiB that its texts take', () => {
  expect([sizeOf(received(1)), sizeOf(received(700))]).toEqual([5, 700]);
  const large = received(1);
  large.spec.parameters = { text: 'x'.repeat(300 * 1024) };
  expect(sizeOf(large)).toBe(301);
  const ordered = received(10);
  for (const job of ordered.spec.jobs) job.needs = Array(20).fill('x'.repeat(63));
  expect(sizeOf(ordered)).toBe(15);
  const verbose = received(10);
  for (const job of verbose.status!.jobs!) job.message = 'x'.repeat(2048);
  expect(sizeOf(verbose)).toBe(22);
  for (const job of verbose.status!.jobs!) job.result = 'x'.repeat(2048);
  expect(sizeOf(verbose)).toBe(42);
});
