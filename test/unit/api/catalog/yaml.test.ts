import { describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { CatalogError } from '../../../../api/catalog/catalog-error.ts';

const problemsOf = (group: string) =>
  parseCatalog(`groups:\n  other: {}\n  g: ${group}\n  last: {}`)
    .get('g')!
    .problems.map(({ path, line, message }) => `${path} (${line}): ${message}`);

const TAGS =
  'expected a value without a tag, or with one that fits it of !!str, !!int, !!float, !!bool, !!null, !!map and !!seq, got';

describe('an unsupported tag is a problem of its value', () => {
  test.each([
    ['{ parameters: { A: { default: !vault x } } }', 'parameters.A.default (3)', '!vault'],
    ['{ parameters: { A: { default: !!binary aGVsbG8= } } }', 'parameters.A.default (3)', '!!binary'],
    ['{ parameters: { A: { default: !!timestamp 2026-11-25 } } }', 'parameters.A.default (3)', '!!timestamp'],
    [
      '{ parameters: { A: { default: !<tag:example.com,2026:x> x } } }',
      'parameters.A.default (3)',
      '!<tag:example.com,2026:x>',
    ],
    ['{ parallelism: !!int three }', 'parallelism (3)', '!!int'],
    ['{ parallelism: !vault }', 'parallelism (3)', '!vault'],
    ['{ jobs: !!set {} }', 'jobs (3)', '!!set'],
    ['{ jobs: !!omap [{ a: { sleep: { seconds: 1 } } }] }', 'jobs (3)', '!!omap'],
    ['{ allow: !!map [jane] }', 'allow (3)', '!!map'],
    ['{ allow: [jane, !vault joe] }', 'allow.1 (3)', '!vault'],
    ['{ jobs: { !vault j: { sleep: { seconds: 1 } } } }', 'jobs.j (3)', '!vault'],
    ['{ jobs: { j: { sleep: !vault { seconds: 1 } } } }', 'jobs.j.sleep (3)', '!vault'],
    ['!vault\n    parallelism: 1', ' (3)', '!vault'],
    ['\n    !vault parallelism: 1', 'parallelism (4)', '!vault'],
    ['\n    parallelism: 1\n    jobs: !vault\n      j: { sleep: { seconds: 1 } }', 'jobs (5)', '!vault'],
  ])('%s', (group, place, tag) => {
    const path = place.startsWith(' ') ? '' : '.';
    expect(problemsOf(group)).toEqual([`groups.g${path}${place}: ${TAGS} ${tag}`]);
  });

  test.each(['!!str 010', '! 010', '!!str "010"'])('%s is the text 010', (value) => {
    const { parameters, problems } = parseCatalog(`groups: { g: { parameters: { A: { default: ${value} } } } }`).get(
      'g',
    )!;
    expect([problems, parameters.get('A')!.default]).toEqual([[], '010']);
  });

  test('other groups stay usable, without a problem', () => {
    const catalog = parseCatalog('groups:\n  a: {}\n  !vault b: {}\n  c: { allow: !x [jane] }\n  d: {}');
    expect([...catalog].map(([name, { problems }]) => [name, problems.map(({ line }) => line)])).toEqual([
      ['a', []],
      ['b', [3]],
      ['c', [4]],
      ['d', []],
    ]);
  });

  test.each([
    ['groups: !vault\n  a: {}', 'groups (line 1): expected a value without a tag'],
    [
      'groups: {}\ndefaults: { backoffLimit: !vault 1 }',
      'defaults.backoffLimit (line 2): expected a value without a tag',
    ],
    ['!vault\ngroups: {}', 'line 1: expected a value without a tag'],
  ])('outside of groups it is a problem of the file: %j', (text, problem) => {
    expect(() => parseCatalog(text)).toThrow(new RegExp(`^${problem.replace(/[()]/g, '\\$&')}`));
    expect(() => parseCatalog(text)).toThrow(CatalogError);
  });
});

describe('any other warning of the parser is a problem', () => {
  test('of a group', () => {
    expect(problemsOf('{ allow: [&jane: jane] }')).toEqual([
      'groups.g.allow.0 (3): expected YAML without a warning of its parser, got: Anchor ending in : is ambiguous',
    ]);
  });

  test.each([
    ['%FOO bar\n---\ngroups: {}', 'line 1', 'Unknown directive %FOO'],
    ['# groups\n%YAML 2.0\n---\ngroups: {}', 'line 2', 'Unsupported YAML version 2.0'],
  ])('of the file: %j', (text, line, warning) => {
    expect(() => parseCatalog(text)).toThrow(
      new CatalogError(`${line}: expected YAML without a warning of its parser, got: ${warning}`),
    );
  });
});

test.each([
  ['.inf', 'parallelism: .inf', /^groups\.g\.parallelism \(3\): expected (int|number)( to be .*)?, got \.inf$/],
  ['-.inf', 'parallelism: -.inf', /, got -\.inf$/],
  ['.nan', 'parallelism: .NaN', /, got \.nan$/],
  ['one in a list', 'parameters: [.inf, 1, null, x, { a: .nan }]', /, got \[\.inf,1,null,"x",\{"a":\.nan\}\]$/],
  ['a long text', `jobs: ${'x'.repeat(5000)}`, /, got "x{99}$/],
  ['something deep', 'jobs: [[[[[[1]]]]]]', /, got \[\[\[\[…\]\]\]\]$/],
])('the message shows %s in a readable form', (_what, field, expected) => {
  expect(problemsOf(`{ ${field} }`)).toEqual([expect.stringMatching(expected)]);
});

test.each([
  ['groups: {}\n---\ngroups: {}', 2],
  ['# one\n---\ngroups: {}\n\n---\n# two\ngroups: {}\n---\n', 5],
  ['groups: {}\n...\ngroups: {}', 3],
  ['---\n---\ngroups: {}', 2],
])('two documents in a file are a problem for its author: %j', (text, line) => {
  expect(() => parseCatalog(text)).toThrow(
    new CatalogError(
      `Expected one YAML document, got a second one, which begins in line ${line}: put all groups into one, without --- or ... between them.`,
    ),
  );
});

test.each([
  ['', 'Expected `groups:` with a group for each name, got null (line 1).'],
  ['- a\n- b', 'Expected `groups:` with a group for each name, got ["a","b"] (line 1).'],
  ['# none\ndefaults: {}', 'Expected `groups:` with a group for each name, got {"defaults":{}} (line 2).'],
  ['defaults: {}\ngroups: [a]', 'Expected `groups:` with a group for each name, got ["a"] (line 2).'],
  [
    'groups: {}\ngrups: {}\n__proto__: {}',
    'Expected only defaults and groups, got grups (line 2), __proto__ (line 3).',
  ],
  ['groups: *x', 'groups (line 1): expected an alias of an anchor that stands before it, got *x'],
  ['groups: {}\ndefaults: *x', 'defaults (line 2): expected an alias of an anchor that stands before it, got *x'],
  ['groups: {}\n[a]: {}', '? (line 2): expected a name as key, got a map or list'],
])('%j is unusable as a whole, in one sentence', (text, message) => {
  expect(() => parseCatalog(text)).toThrow(new CatalogError(message));
});

test.each(['groups: {}\n...\n', '---\ngroups: {}\n...\n# the end\n'])(
  'one document may have its markers: %j',
  (text) => {
    expect(parseCatalog(text).size).toBe(0);
  },
);

test('a value with a problem is not checked further; others are', () => {
  expect(problemsOf('{ parallelism: !vault x, jobs: 5 }')).toEqual([
    `groups.g.parallelism (3): ${TAGS} !vault`,
    'groups.g.jobs (3): expected record, got 5',
  ]);
});

test('a key given twice inside a list is a problem with its line', () => {
  const env = '        env:\n          - name: A\n            value: x\n            name: B';
  expect(problemsOf(`\n    jobs:\n      j:\n       container:\n        image: x\n${env}`)).toEqual([
    'groups.g.jobs.j.container.env.0.name (11): expected this only once',
  ]);
});

test('values nested too deeply for the parser are refused in one sentence', () => {
  expect(() => parseCatalog(`groups: ${'['.repeat(100_000)}`)).toThrow(
    /^Expected lists and maps within each other to a depth of a few hundred, got more in line 1\./,
  );
});

test.each([
  ['errors of YAML', `groups:\n${'  g: ]\n'.repeat(1000)}`],
  ['problems', `defaults: { ${'backoffLimit: 1, '.repeat(1000)} }\ngroups: {}`],
])('the message lists twenty of many %s of a file, and counts the others', (_what, text) => {
  const messageOf = () => {
    try {
      parseCatalog(text);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  expect(messageOf()).toMatch(/\n… and \d{3,4} more$/);
  expect(messageOf().length).toBeLessThan(5000);
});

test('a long key is cut in the paths of its problems', () => {
  const [problem] = problemsOf(`{ jobs: { ${'k'.repeat(1000)}: { slep: 1 } } }`);
  expect(problem!.length).toBeLessThan(300);
});
