import { describe, expect, test } from '@jest/globals';
import { type Group, parseCatalog } from '../../../../api/catalog/catalog.ts';
import { CatalogError } from '../../../../api/catalog/catalog-error.ts';

const JOB = '{ sleep: { seconds: 1 } }';

/** The group `g` of a file that begins with a group of anchors. */
const groupOf = (text: string): Group => parseCatalog(text).get('g')!;
const problemsOf = (text: string, group = 'g') =>
  parseCatalog(text)
    .get(group)!
    .problems.map(({ path, line, message }) => `${path} (${line}): ${message}`);

test.each<[what: string, shared: string, use: string, expected: object]>([
  ['a group', `&x { jobs: { b: ${JOB}, a: ${JOB} } }`, '*x', { jobs: [{ name: 'b' }, { name: 'a' }] }],
  ['jobs', `{ jobs: &x { b: ${JOB}, 1: ${JOB} } }`, '{ jobs: *x }', { jobs: [{ name: 'b' }, { name: '1' }] }],
  ['a job', `{ jobs: { j: &x ${JOB} } }`, '{ jobs: { k: *x } }', { jobs: [{ name: 'k', sleep: { seconds: 1 } }] }],
  [
    'a field of a job',
    '{ jobs: { j: { sleep: &x { seconds: 7 } } } }',
    '{ jobs: { k: { sleep: *x } } }',
    { jobs: [{ sleep: { seconds: 7 } }] },
  ],
  ['a number', '{ parallelism: &x 3 }', '{ parallelism: *x }', { parallelism: 3 }],
  ['a text of numbers', '{ parameters: { A: { default: &x "010" } } }', '{ parameters: { B: { default: *x } } }', {}],
  ['a list', '{ allow: &x [jane, group:ops] }', '{ allow: *x }', { allow: ['jane', 'group:ops'] }],
  ['an entry of a list', '{ allow: [&x jane] }', '{ allow: [joe, *x] }', { allow: ['joe', 'jane'] }],
  ['a key', `{ jobs: { &x 010: ${JOB} } }`, `{ jobs: { *x : ${JOB} } }`, { jobs: [{ name: '010' }] }],
  ['a value as key', '{ allow: [&x jane] }', `{ jobs: { *x : ${JOB} } }`, { jobs: [{ name: 'jane' }] }],
  ['the later of two anchors of one name', '{ allow: [&x jane, &x joe] }', '{ allow: [*x] }', { allow: ['joe'] }],
  [
    'an alias of an alias',
    `{ jobs: { j: &x ${JOB} }, allow: [] }`,
    '{ jobs: &y { k: *x } }\n  h: { jobs: *y }',
    { jobs: [{ name: 'k' }] },
  ],
])('an alias can stand for %s', (_what, shared, use, expected) => {
  const group = groupOf(`groups:\n  shared: ${shared}\n  g: ${use}`);
  expect(group.problems).toEqual([]);
  expect(group).toMatchObject(expected);
});

test('parameters given by an alias keep their order, and their patterns', () => {
  const { parameters } = groupOf(
    'groups:\n  shared: { parameters: &x { B: { required: true }, A: { pattern: "[a-z]+" } } }\n  g: { parameters: *x }',
  );
  expect([...parameters.keys()]).toEqual(['B', 'A']);
  expect(parameters.get('A')!.pattern!.matches('abc')).toBe(true);
});

test('a group with an invalid alias allows no callers, because its allow is unknown', () => {
  const catalog = parseCatalog('groups:\n  a: *x\n  b: { allow: *x }\n  c: { jobs: *x, allow: [jane] }\n  d:');
  const allowed = (name: string) => catalog.get(name)!.allow;
  expect([allowed('a'), allowed('b'), allowed('c'), allowed('d')]).toEqual([[], [], ['jane'], undefined]);
});

test('defaults and groups can be aliases themselves', () => {
  const text = `defaults: &d { backoffLimit: 2 }\ngroups: { g: { jobs: { j: { sleep: { seconds: 1 }, backoffLimit: 1 }, k: ${JOB} } } }`;
  expect(groupOf(text).jobs.map(({ backoffLimit }) => backoffLimit)).toEqual([1, 2]);
  expect(() => parseCatalog('defaults: &d {}\ngroups: *d')).not.toThrow();
});

test('the problem of a job by an alias has the line where it is written, and the path where it is used', () => {
  const text = 'groups:\n  a:\n    jobs: &x\n      j:\n        sleep: { seconds: -1 }\n  g:\n    jobs: *x';
  const message = 'expected number to be >=0, got -1';
  expect(problemsOf(text, 'a')).toEqual([`groups.a.jobs.j.sleep.seconds (5): ${message}`]);
  expect(problemsOf(text)).toEqual([`groups.g.jobs.j.sleep.seconds (5): ${message}`]);
});

test('a value of the wrong kind by an alias has the line of the alias', () => {
  expect(problemsOf('groups:\n  a: { parallelism: &x 3 }\n  g:\n    jobs: *x')).toEqual([
    'groups.g.jobs (4): expected record, got 3',
  ]);
});

test('150 aliases of one anchor are fine', () => {
  const uses = Array.from({ length: 150 }, (_, index) => `      j${index}: *x\n`).join('');
  const { jobs, problems } = groupOf(`groups:\n  a: { jobs: { j: &x ${JOB} } }\n  g:\n    jobs:\n${uses}`);
  expect([problems, jobs.length]).toEqual([[], 150]);
});

describe('an alias that cannot stand for a value is a problem of its group', () => {
  test.each([
    ['{ jobs: *x }', 'groups.g.jobs (3): expected an alias of an anchor that stands before it, got *x'],
    ['{ jobs: { j: *x } }', 'groups.g.jobs.j (3): expected an alias of an anchor that stands before it, got *x'],
    [`{ jobs: { *x : ${JOB} } }`, 'groups.g.jobs.? (3): expected an alias of an anchor that stands before it, got *x'],
    ['&x { jobs: *x }', 'groups.g.jobs (3): expected an alias of another value, got *x, which contains itself'],
    ['{ jobs: { *list : 1 } }', 'groups.g.jobs.? (3): expected a name as key, got a map or list'],
    ['{ jobs: { [a, b]: 1 } }', 'groups.g.jobs.? (3): expected a name as key, got a map or list'],
  ])('%s', (group, problem) => {
    const text = `groups:\n  other: { allow: &list [jane] }\n  g: ${group}\n  later: { allow: [&x jane] }`;
    expect(problemsOf(text)).toEqual([problem]);
    expect(parseCatalog(text).get('other')!.problems).toEqual([]);
  });

  test('also if its value has such a problem', () => {
    const text = `groups:\n  a:\n    jobs: &x\n      j: ${JOB}\n      j: ${JOB}\n  g: { jobs: *x }\n  h: { jobs: *x }`;
    const message = 'expected an alias of a correct value, got *x, which has a problem in line 5';
    expect(problemsOf(text, 'a')).toEqual(['groups.a.jobs.j (5): expected this only once']);
    expect(problemsOf(text)).toEqual([`groups.g.jobs (6): ${message}`]);
    expect(problemsOf(text, 'h')).toEqual([`groups.h.jobs (7): ${message}`]);
  });
});

describe('aliases stand for at most 100,000 values in a file', () => {
  const list = (length: number) => `[${Array(length).fill('a')}]`;
  const groups = (aliases: number) =>
    Array.from({ length: aliases }, (_, index) => `  g${index}: { allow: *x }\n`).join('');

  test('up to the limit they are expanded, and the next one is a problem', () => {
    // A list of 99 is 100 values.
    const catalog = parseCatalog(`groups:\n  a: { allow: &x ${list(99)} }\n${groups(1001)}  last: { parallelism: 1 }`);
    expect(catalog.get('g999')).toMatchObject({ problems: [], allow: { length: 99 } });
    expect(catalog.get('g1000')!.problems).toEqual([
      {
        path: 'groups.g1000.allow',
        line: 1003,
        message: 'expected aliases that stand for at most 100000 values in the whole file, got 100100 with *x',
      },
    ]);
    expect(catalog.get('last')!.problems).toEqual([]);
  });

  test('a text counts once more for every 100 characters', () => {
    const catalog = parseCatalog(
      `groups:\n  a: { allow: [&x ${'a'.repeat(400)}] }\n  b: { allow: &y [*x] }\n${groups(0)}`,
    );
    expect(catalog.get('b')!.problems).toEqual([]);
    const long = `groups:\n  a: { jobs: { j: { container: { image: i, args: &x [${'a'.repeat(4000)}] } } } }\n  g:\n    jobs:\n`;
    const jobs = Array.from({ length: 1000 }, (_, i) => `      j${i}: { container: { image: i, args: *x } }\n`).join(
      '',
    );
    expect(groupOf(long + jobs).problems).toEqual([]);
    const twice = parseCatalog(`${long}${jobs}  h:\n    jobs:\n${jobs}  i:\n    jobs:\n${jobs}`);
    expect(twice.get('h')!.problems).toEqual([]);
    expect(twice.get('i')!.problems).toHaveLength(1000 * 3 - Math.floor(100_000 / 42));
  });

  // Written out, these aliases would be 10^30 values.
  test('a billion laughs are a problem of the group that crosses the bound', () => {
    const laughs = Array.from({ length: 30 }, (_, i) => `  l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`)}]\n`);
    const catalog = parseCatalog(
      `groups:\n  l0: &l0 { jobs: { j: ${JOB} } }\n${laughs.join('')}  g: { parallelism: 1 }`,
    );
    expect(catalog.get('l9')!.problems).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('at most 100000 values in the whole file') }),
    );
    expect(catalog.get('l0')).toMatchObject({ problems: [], jobs: [{ name: 'j' }] });
    expect(catalog.get('g')!.problems).toEqual([]);
  });
});

test.each([
  ['of jobs', `{ jobs: { <<: *x, j: ${JOB} } }`, 'jobs.<<'],
  ['of a job', '{ jobs: { j: { <<: *x } } }', 'jobs.j.<<'],
  ['of lists of maps', '{ jobs: { j: { sleep: { <<: [*x, *x] } } } }', 'jobs.j.sleep.<<'],
  ['of a group', '{ <<: *x }', '<<'],
  ['of parameters', '{ parameters: { <<: *x } }', 'parameters.<<'],
  ['of an entry of a list', '{ allow: [{ <<: *x }] }', 'allow.0.<<'],
])('a merge key %s is a problem with its line, and says what to write instead', (_what, group, path) => {
  const problems = problemsOf(`groups:\n  shared: &x { allow: [jane] }\n  g: ${group}`);
  expect(problems).toContainEqual(
    `groups.g.${path} (3): expected a name, got the merge key <<, which has no meaning here: write its fields out, or use an alias for a whole value`,
  );
});

test('a merge key outside of groups makes the file unusable, also under %YAML 1.1', () => {
  expect(() => parseCatalog('groups: &g {}\n<<: *g')).toThrow(CatalogError);
  expect(() => parseCatalog('groups: &g {}\ndefaults: { <<: *g }')).toThrow(
    /^defaults\.<< \(line 2\): expected a name/,
  );
  expect(() => parseCatalog('%YAML 1.1\n---\ngroups: &g {}\ndefaults: { <<: *g }')).toThrow(/^defaults\.<< \(line 4\)/);
});
