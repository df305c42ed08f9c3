import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { resolveParameters } from '../../../../api/catalog/parameters.ts';
import { Pattern } from '../../../../api/catalog/pattern.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

const declared = new Map([
  ['CUSTOMER', { required: true, pattern: new Pattern('[a-z]+') }],
  ['DRY_RUN', { default: 'false', pattern: new Pattern('true|false') }],
  ['NOTE', {}],
]);

test('given values are used, and missing ones get their default', () => {
  expect(resolveParameters(declared, { CUSTOMER: 'acme' })).toEqual({
    values: { CUSTOMER: 'acme', DRY_RUN: 'false' },
    problems: [],
  });
  expect(resolveParameters(declared, { NOTE: '', DRY_RUN: 'true', CUSTOMER: 'x' }).values).toEqual({
    CUSTOMER: 'x',
    DRY_RUN: 'true',
    NOTE: '',
  });
});

test('a declared parameter called constructor has its default', () => {
  expect(resolveParameters(new Map([['constructor', { default: 'x' }]]), {}).values).toEqual({ constructor: 'x' });
});

test('a value may have 4,096 characters', () => {
  const NOTE = 'x'.repeat(4096);
  expect(resolveParameters(declared, { CUSTOMER: 'a', NOTE })).toMatchObject({ problems: [], values: { NOTE } });
});

const RESERVED = [
  ...[
    'NODE_OPTIONS',
    'PATH',
    'KUBERNETES_X',
    'TRACEPARENT',
    'TRACE_ID',
    'LD_LIBRARY_PATH',
    'ASYNC_API_X',
    'GIT_SSH_COMMAND',
  ],
  ...[
    'BASH_ENV',
    'ENV',
    'IFS',
    'PS4',
    'SHELLOPTS',
    'BASHOPTS',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'PYTHONHOME',
    'PERL5OPT',
  ],
  ...['PERL5LIB', 'RUBYOPT', 'RUBYLIB', 'JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS', 'GCONV_PATH'],
];

test.each(RESERVED)('%s is reserved', (name) => {
  const { problems } = parseCatalog(`groups: { g: { parameters: { ${name}: {} } } }`).get('g')!;
  expect(problems).toEqual([
    { path: `groups.g.parameters.${name}`, line: 1, message: 'expected a name that is not reserved' },
  ]);
});

test.each(['NODE_OPTIONS_X', 'PATHS', 'MY_PATH', 'node_options', 'ENVIRONMENT', 'MY_GIT_X', 'GITHUB', 'PS41', 'env'])(
  '%s is not reserved',
  (name) => {
    expect(parseCatalog(`groups: { g: { parameters: { ${name}: {} } } }`).get('g')!.problems).toEqual([]);
  },
);

test('64 parameters are taken, and 65 are a problem', () => {
  const group = (count: number) =>
    parseCatalog(
      `groups: { g: { parameters: { ${Array.from({ length: count }, (_, index) => `P${index}: {}`)} } } }`,
    ).get('g')!;
  expect(group(64).parameters.size).toBe(64);
  expect(group(65).problems).toEqual([
    { path: 'groups.g', line: 1, message: 'expected at most 64 parameters, got 65' },
  ]);
});

test.each([
  ['a required parameter is missing', {}, 'parameters.CUSTOMER: expected a value'],
  ['a parameter is not declared', { CUSTOMER: 'a', COLOUR: 'red' }, 'parameters.COLOUR: expected one of'],
  [
    'a name is a property of every object',
    { CUSTOMER: 'a', constructor: 'x' },
    'parameters.constructor: expected one of',
  ],
  ['a value is not a string', { CUSTOMER: 5 }, 'parameters.CUSTOMER: expected a string'],
  ['only a part of a value matches', { CUSTOMER: 'acme; rm' }, 'matches [a-z]+ as a whole'],
  ['only a line of a value matches', { CUSTOMER: 'acme\n' }, 'matches [a-z]+ as a whole'],
  ['only one alternative matches, at the start of a value', { CUSTOMER: 'a', DRY_RUN: 'true; x' }, 'as a whole'],
  ['a value is too long', { CUSTOMER: 'a', NOTE: 'x'.repeat(4097) }, 'at most 4096'],
  ['a value has a NUL', { CUSTOMER: 'a', NOTE: 'a\0b' }, 'without NUL'],
  ['a value is not well-formed Unicode', { CUSTOMER: 'a', NOTE: '\ud800' }, 'half characters'],
])('it is a problem if %s', (_what, given, message) => {
  const problems = resolveParameters(declared, given).problems.map((one) => `${one.path}: ${one.message}`);
  expect(problems).toEqual([expect.stringContaining(message)]);
});

test('a value is refused in linear time by a pattern with nested repetition', () => {
  const from = performance.now();
  const slow = new Map([['X', { pattern: new Pattern('(a+)+') }]]);
  expect(resolveParameters(slow, { X: `${'a'.repeat(50)}!` }).problems).toHaveLength(1);
  // With backtracking it would take longer than any test may.
  expect(performance.now() - from).toBeLessThan(10_000);
});

test.each([
  ['{ "": {} }', /environment variable/],
  ['{ a-b: {} }', /environment variable/],
  ['{ ASYNC_API_JOB_ID: {} }', /reserved/],
  ['{ LD_PRELOAD: {} }', /reserved/],
  ['{ __proto__: {} }', /name/],
  ['{ A: { pattern: "(" } }', /regular expression/],
  ['{ A: { pattern: "(?=a)." } }', /regular expression in RE2 syntax \(no lookaround, no backreferences\)/],
  ['{ A: { pattern: "[a-z]+", default: "1" } }', /matches \[a-z\]\+ as a whole/],
  ['{ A: { required: true, default: x } }', /got both/],
  ['{ A: { requierd: true } }', /no such field/],
])('a declaration of %s is a problem of the group', (parameters, message) => {
  const { problems } = parseCatalog(`groups: { g: { parameters: ${parameters} } }`).get('g')!;
  expect(problems).toEqual([expect.objectContaining({ message: expect.stringMatching(message), line: 1 })]);
});

test('a pattern that is not RE2 is a problem with its path and line, and harms no other group', () => {
  const catalog = parseCatalog(
    'groups:\n  bad:\n    parameters:\n      A: { required: true }\n      B:\n        pattern: (a)\\1\n  good: {}',
  );
  expect(catalog.get('bad')!.problems).toEqual([
    { path: 'groups.bad.parameters.B.pattern', line: 6, message: expect.stringContaining('RE2 syntax') },
  ]);
  expect(catalog.get('good')!.problems).toEqual([]);
});

describe('a trigger of a group with parameters', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp(
      {},
      'groups: { g: { parameters: { WHO: { required: true }, HOW: { default: well } }, jobs: { j: { sleep: { seconds: 1 } } } } }',
    );
  });
  afterEach(() => app.close());
  const post = (body: string, headers: Record<string, string> = { 'Content-Type': 'application/json' }) =>
    fetch(`${app.url}/group/g`, { method: 'POST', body, headers });

  test('starts a run with their values', async () => {
    expect((await post('{"parameters":{"WHO":"me"}}')).status).toBe(202);
    expect(app.runs.newest.spec.parameters).toEqual({ WHO: 'me', HOW: 'well' });
  });

  test.each([
    [422, '{"parameters":{}}', 'parameters.WHO'],
    [422, '{"parameters":{"WHO":"me","X":"1"}}', 'parameters.X'],
    [422, '{"parameter":{"WHO":"me"}}', 'parameter'],
    [422, '{"parameters":[]}', 'body.parameters'],
    [422, '[]', 'body'],
    [400, '{"parameters":{"__proto__":{"WHO":"me"}}}', 'JSON'],
    [400, '"x"', 'JSON'],
    [400, '{', 'JSON'],
  ])('is %i and starts nothing if its body is %s', async (status, body, says) => {
    const response = await post(body);
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(says)]);
    expect(app.runs.runs.size).toBe(0);
  });

  test('is 415 if its body is a form', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await post('WHO=me', form)).status).toBe(415);
  });

  test('by GET has no parameters, so a required one is missing', async () => {
    const response = await fetch(`${app.url}/group/g`);
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('parameters.WHO')]);
  });

  test('takes the parameters that GET /groups lists', async () => {
    expect(await (await fetch(`${app.url}/groups`)).json()).toEqual({
      groups: [
        {
          name: 'g',
          jobs: ['j'],
          parameters: { WHO: { required: true }, HOW: { default: 'well' } },
          problems: [],
          warnings: [],
        },
      ],
    });
  });
});

test('GET /groups shows a pattern as it was written', async () => {
  const app = await startApp({}, 'groups: { g: { parameters: { DAY: { pattern: "[0-9]{2}" } } } }');
  const { groups } = (await (await fetch(`${app.url}/groups`)).json()) as { groups: { parameters: object }[] };
  await app.close();
  expect(groups[0]!.parameters).toEqual({ DAY: { pattern: '[0-9]{2}' } });
});

test('the names of the parameters are listed once, however many unknown ones are given', () => {
  const given = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`X${index}`, '']));
  const problems = resolveParameters(declared, { CUSTOMER: 'a', ...given }).problems.map(({ message }) => message);
  expect(problems[0]).toBe('expected one of [CUSTOMER, DRY_RUN, NOTE]');
  expect(new Set(problems.slice(1))).toEqual(new Set(['expected one of the same names']));
});
