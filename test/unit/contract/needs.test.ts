import { describe, expect, test } from '@jest/globals';
import { inOrderOfNeeds, needsOf, needsProblems, resultVariable } from '../../../contract/needs.ts';
import { parameterCopiesProblem } from '../../../contract/parameter-copies.ts';
import { definition, run } from '../../support/builders.ts';

/** Jobs by name, each with the names that it needs. */
const jobs = (order: Record<string, string[]>) =>
  Object.entries(order).map(([name, needs]) => ({ name, ...(needs.length > 0 && { needs }) }));
const problems = (order: Record<string, string[]>, earlier: Record<string, string> = {}) => {
  const all = jobs(order);
  return needsProblems(all, earlier).map(({ job, need, message }) => `${all[job]!.name}.${need}: ${message}`);
};
const DIAMOND = { extract: [], left: ['extract'], right: ['extract'], report: ['left', 'right'] };

describe('the order of jobs', () => {
  test('of a diamond has no problem, whatever their place', () => {
    expect(problems(DIAMOND)).toEqual([]);
    expect(problems(Object.fromEntries(Object.entries(DIAMOND).reverse()))).toEqual([]);
  });

  test.each<[string, Record<string, string[]>, string[]]>([
    ['an unknown name', { a: ['b'] }, ['a.0: expected the name of another job, got "b"']],
    ['a name of Object', { a: ['constructor'] }, ['a.0: expected the name of another job, got "constructor"']],
    ['its own name', { a: ['a'] }, ['a.0: expected the name of another job, got its own']],
    ['a name twice', { a: [], b: ['a', 'a'] }, ['b.1: expected each job once, got "a" again']],
    [
      'two names with one variable',
      { 'a-b': [], 'A.b': [], c: ['a-b', 'A.b'] },
      ['c.1: expected a name whose variable differs: "a-b" and "A.b" both have ASYNC_API_RESULT_A_B'],
    ],
    ['a cycle of two', { a: ['b'], b: ['a'] }, ['a.0: expected no cycle, got a → b → a']],
    [
      'a cycle behind others, from its first job in the file',
      { start: [], x: ['c'], b: ['start', 'c'], c: ['d'], d: ['b'], end: ['x'] },
      ['b.1: expected no cycle, got b → c → d → b'],
    ],
    [
      'two cycles',
      { a: ['b'], b: ['a'], c: ['d'], d: ['c', 'a'] },
      ['a.0: expected no cycle, got a → b → a', 'c.0: expected no cycle, got c → d → c'],
    ],
    [
      'several faults, each told',
      { a: ['a', 'b', 'x'], b: ['a'] },
      [
        'a.0: expected the name of another job, got its own',
        'a.2: expected the name of another job, got "x"',
        'a.1: expected no cycle, got a → b → a',
      ],
    ],
  ])('with %s is a problem', (_what, order, expected) => {
    expect(problems(order)).toEqual(expected);
  });

  test('may name a job that succeeded in an earlier run', () => {
    expect(problems({ a: ['x'] }, { x: '' })).toEqual([]);
  });

  test('of a thousand jobs with 20 needs each, a chain or a cycle of a thousand takes time in proportion to the needs', () => {
    const name = (index: number) => `job_${index}`;
    const many = (needs: (index: number) => number[]) =>
      Array.from({ length: 1000 }, (_, index) => ({ name: name(index), needs: needs(index).map(name) }));
    /** Accesses of `needs`, which each step of the work must read. */
    const counted = (all: ReturnType<typeof many>) => {
      let reads = 0;
      const list = all.map(
        (one) => new Proxy(one, { get: (target, key) => Reflect.get(target, key, void (key === 'needs' && reads++)) }),
      );
      return { list, reads: () => reads };
    };
    const wide = counted(many((index) => Array.from({ length: 20 }, (_, i) => index - 1 - i).filter((i) => i >= 0)));
    expect(needsProblems(wide.list)).toEqual([]);
    expect(wide.reads()).toBeLessThanOrEqual(4000);
    expect(inOrderOfNeeds(many((index) => (index < 999 ? [index + 1] : [])))).toEqual(
      Array.from({ length: 1000 }, (_, i) => 999 - i),
    );
    const [cycle] = needsProblems(many((index) => [(index + 1) % 1000]));
    expect(cycle!.message.split(' → ')).toHaveLength(1001);
  });
});

test('every job comes behind those that it needs, and jobs of a cycle come last', () => {
  expect(inOrderOfNeeds(jobs({ b: ['a'], a: [], y: ['x'], x: ['y'], c: ['b'] }))).toEqual([1, 0, 4, 2, 3]);
});

test('what a run made with kubectl has as needs is read as far as it is names', () => {
  const of = (needs: unknown) => needsOf({ needs } as never);
  expect([of(5), of('abc'), of({ length: 3 }), of(null), of([1, 'a', 'x'.repeat(64), {}])]).toEqual([
    [],
    [],
    [],
    [],
    ['a'],
  ]);
  expect(of(Array(1000).fill('a'))).toHaveLength(20);
});

test.each([
  ['extract', 'ASYNC_API_RESULT_EXTRACT'],
  ['job-1.a_b', 'ASYNC_API_RESULT_JOB_1_A_B'],
])('the result of %s is in %s', (name, variable) => {
  expect(resultVariable(name)).toBe(variable);
});

test('the earlier results that jobs need count towards what a run may copy', () => {
  const spec = (needing: number) => ({
    ...run(Array.from({ length: 300 }, (_, i) => definition({ name: `j${i}`, ...(i < needing && { needs: ['x'] }) })))
      .spec,
    earlierResults: { x: '$'.repeat(2000), unused: 'x'.repeat(4096) },
  });
  // 4,002 bytes each with $ doubled, beside the 2 of empty parameters.
  expect(parameterCopiesProblem(spec(261))).toBeUndefined();
  expect(parameterCopiesProblem(spec(262))).toBe(
    'Expected at most 1048576 bytes of parameters times jobs, got 1049124 (2 bytes × 300 jobs, and 1048524 of earlier results)',
  );
});
