import { expect, test } from '@jest/globals';
import { MAX_PARAMETER_COPY_BYTES, parameterCopiesProblem } from '../../../contract/parameter-copies.ts';
import { definition } from '../../support/builders.ts';

const problem = (parameters: Record<string, string> | undefined, jobs: number) =>
  parameterCopiesProblem({
    group: 'g',
    ...(parameters && { parameters }),
    jobs: Array.from({ length: jobs }, (_, i) => definition({ name: `j${i}` })),
  });
/** A value with which one copy of the parameter `A` takes this many bytes. */
const value = (bytes: number) => ({ A: 'x'.repeat(bytes - '{"A":""}'.length) });

test.each([1, 8, 1000])('parameters may take the bound divided by the number of jobs: %d', (jobs) => {
  const bytes = Math.floor(MAX_PARAMETER_COPY_BYTES / jobs);
  expect(problem(value(bytes), jobs)).toBeUndefined();
  expect(problem(value(bytes + 1), jobs)).toBe(
    `Expected at most 1048576 bytes of parameters times jobs, got ${(bytes + 1) * jobs} (${bytes + 1} bytes × ${jobs} jobs)`,
  );
});

test('a thousand jobs without parameters are fine', () => expect(problem(undefined, 1000)).toBeUndefined());

test.each([
  ['é', 2],
  ['<', 6],
  ['$', 2],
  ['\n', 2],
])('%j takes %d bytes, as it is stored', (character, bytes) => {
  const count = Math.floor((1048 - '{"A":""}'.length) / bytes);
  expect(problem({ A: character.repeat(count) }, 1000)).toBeUndefined();
  expect(problem({ A: character.repeat(count + 1) }, 1000)).toBeDefined();
});
