import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { BOUNDS_PREFIX, KINDS_OF_BOUNDS, MAX_NAMES, parseBounds } from '../../../../api/catalog/bounds.ts';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { CatalogError } from '../../../../api/catalog/catalog-error.ts';
import { BOUNDED, IMAGES } from '../../../support/bounded-jobs.ts';
import { boundsText } from '../../../support/open-catalog.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const bounds = (data: Record<string, string> = {}) => parseBounds(boundsText(data));
const sleep = { sleep: { seconds: 1 } };

/** The problems of a group with this job, whose text begins in line 4. */
function problemsOf(job: object, data: Record<string, string> = {}) {
  const text = `groups:\n  g:\n    jobs:\n      j: ${JSON.stringify('container' in job ? job : { ...sleep, ...job })}`;
  return parseCatalog(text, bounds(data)).get('g')!.problems;
}

test.each(BOUNDED.filter(([, kind]) => kind !== 'imagePrefixes'))(
  'as shipped %s is a problem of its group (%s)',
  (path, kind, name, fields) => {
    const message = `expected one of ${kind} in bounds.yaml (none), got "${name}": the owner of the cluster changes that file`;
    expect(problemsOf(fields)).toContainEqual({ path: `groups.g.jobs.j.${path}`, line: 4, message });
  },
);

test.each(BOUNDED)('within the bounds %s is none, with another name it is', (path, kind, name, fields) => {
  const others = kind === 'secrets' ? 'other' : '';
  const [one, two] = kind === 'extendedResources' ? ['a.example/one', 'a.example/two'] : ['one', 'two'];
  expect(problemsOf(fields, { [kind]: `${one}\n${others}\t${name}\r\n  ${two}` })).toEqual([]);
  const [problem, ...more] = problemsOf(fields, { [kind]: `${name}x ${others}` });
  expect(problem).toMatchObject({ path: `groups.g.jobs.j.${path}`, message: expect.stringContaining(`${name}x`) });
  expect(more).toEqual([]);
});

test.each(IMAGES)('the image %s with imagePrefixes "%s" is allowed: %s', (image, imagePrefixes, isAllowed) => {
  const problems = problemsOf({ container: { image } }, { imagePrefixes });
  expect(problems.map(({ path }) => path)).toEqual(isAllowed ? [] : ['groups.g.jobs.j.container.image']);
});

test('the default scheduler, cpu, memory and ephemeral-storage need no bounds', () => {
  const limits = { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' };
  expect(
    problemsOf({ container: { image: 'a', resources: { limits } }, pod: { schedulerName: 'default-scheduler' } }),
  ).toEqual([]);
});

test('a problem of a value that a job has from its group or from defaults is where it is written, and is there once', () => {
  const text = `defaults:
  pod:
    priorityClassName: high
    runtimeClassName: gvisor
  container: { resources: { limits: { example.com/a: '1' } } }
groups:
  g:
    pod:
      runtimeClassName: kata
      schedulerName: own
    jobs:
      one: { container: { image: a } }
      two:
        container: { image: a, resources: { limits: { example.com/b: '1' } } }
        pod: { schedulerName: default-scheduler }
  h:
    container: { resources: { limits: { example.com/c: '1' } } }
    pod: { priorityClassName: low }
    jobs:
      one: { container: { image: a }, pod: { runtimeClassName: kata } }
  i:
    pod: { schedulerName: own }
    jobs:
      one:
        sleep: { seconds: 1 }
        pod: { priorityClassName: low, runtimeClassName: kata, schedulerName: default-scheduler }`;
  const catalog = parseCatalog(text, bounds({ priorityClasses: 'low', runtimeClasses: 'kata' }));
  const found = (group: string) => catalog.get(group)!.problems.map(({ path, line }) => [path, line]);
  expect(found('g').toSorted()).toEqual([
    ['defaults.container.resources.limits.example.com/a', 5],
    ['defaults.pod.priorityClassName', 3],
    ['groups.g.jobs.two.container.resources.limits.example.com/b', 14],
    ['groups.g.pod.schedulerName', 10],
  ]);
  expect(found('h')).toEqual([['groups.h.container.resources.limits.example.com/c', 17]]);
  expect(found('i')).toEqual([]);
});

test('a message names at most twenty of the names that are allowed', () => {
  const many = Array.from({ length: 25 }, (_, index) => `s${index}`);
  const [problem] = problemsOf({ pod: { imagePullSecrets: [{ name: 'x' }] } }, { secrets: many.join(' ') });
  expect(problem!.message).toContain(`(${many.slice(0, 20).join(', ')}, …)`);
});

/** A bounds.yaml with these lines of annotations, which begin in line 6. */
const manifest = (...lines: string[]) =>
  [
    'apiVersion: v1',
    'kind: Namespace',
    'metadata:',
    '  name: async-api',
    '  annotations:',
    ...lines.map(annotation),
  ].join('\n');
const annotation = (line: string) => `    ${BOUNDS_PREFIX}${line}`;
/** A message about the annotation of this kind, in that line. */
const at = (path: string, message = '') =>
  new RegExp(`^metadata\\.annotations\\.${BOUNDS_PREFIX}${path} \\(line \\d+\\).*${message}`);

test.each([
  ['no YAML', 'metadata: [', /line 1/, 1],
  ['another kind', 'apiVersion: v1\nkind: Secret\nmetadata: { name: async-api }', /^kind \(line 2\)/, 2],
  ['another name', 'apiVersion: v1\nkind: Namespace\nmetadata: { name: b }', /^metadata.name \(line 3\)/, 3],
  ['labels', 'apiVersion: v1\nkind: Namespace\nmetadata: { name: async-api, labels: {} }', /^metadata.labels/, 3],
  ['an unknown field', manifest("secret: ''"), at('secret', 'expected no such field here'), 6],
  ['a list', manifest('secrets: [a, b]'), at('secrets', 'expected string'), 6],
  ['a key twice', manifest("secrets: ''", "secrets: ''"), at('secrets', 'expected this only once'), 7],
  ['a name with a capital', manifest('secrets: a B'), at('secrets.1', 'expected the name of'), 6],
  ['names with commas', manifest('configMaps: a, b'), at('configMaps.0', 'got "a,"'), 6],
  ['another space', manifest('secrets: "a\\u00a0b"'), at('secrets.0', 'expected the name of'), 6],
  ['a pattern', manifest('imagePrefixes: registry.example/*'), at('imagePrefixes.0'), 6],
  ['a URL', manifest('imagePrefixes: https://registry.example/a'), at('imagePrefixes.0'), 6],
  ['a resource without vendor', manifest('extendedResources: gpu'), at('extendedResources.0'), 6],
  [
    'too many names',
    manifest(`secrets: ${Array.from({ length: MAX_NAMES + 1 }, (_, index) => `a${index}`).join(' ')}`),
    at('secrets', 'expected array to have <=1000 items'),
    6,
  ],
])('bounds with %s are unusable, with path and line', (_what, text, message, line) => {
  let error: unknown;
  try {
    parseBounds(text);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(CatalogError);
  expect(error).toMatchObject({ message: expect.stringMatching(message), line, file: 'bounds' });
});

test('bounds without annotations, or with some kinds only, allow nothing of the others', () => {
  expect(bounds().secrets.size).toBe(0);
  expect(parseBounds('apiVersion: v1\nkind: Namespace\nmetadata: { name: async-api }').secrets.size).toBe(0);
  expect([...parseBounds(manifest('secrets: a')).secrets]).toEqual(['a']);
});

test('the policy and the API have the same kinds', async () => {
  const [policy] = parseAllDocuments(await readFile(join(ROOT, 'manifests/core/job-policy.yaml'), 'utf8'));
  const { variables, validations } = policy!.toJS().spec as {
    variables: { name: string; expression: string }[];
    validations: { expression: string; messageExpression?: string }[];
  };
  const kindsIn = (text: string, pattern: RegExp) =>
    [...new Set([...text.matchAll(pattern)].map(([, kind]) => kind!))].toSorted();
  const messages = validations.map(({ messageExpression = '' }) => messageExpression).join('\n');
  const expected = KINDS_OF_BOUNDS.filter((kind) => kind !== 'imagePrefixes').toSorted();
  expect(kindsIn(variables.find(({ name }) => name === 'denied')!.expression, /'(\w+)': /g)).toEqual(expected);
  expect(kindsIn(messages, /\['(\w+)', '/g)).toEqual(expected);
  expect(validations.some(({ expression }) => expression.includes("variables.bounds['imagePrefixes']"))).toBe(true);
});
