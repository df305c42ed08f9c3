import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { KINDS_OF_BOUNDS, MAX_NAMES, parseBounds } from '../../../../api/catalog/bounds.ts';
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

const manifest = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: async-api-bounds }\n${data}`;

test.each([
  ['no YAML', 'data: [', /line 1/, 1],
  [
    'another kind',
    'apiVersion: v1\nkind: Secret\nmetadata: { name: async-api-bounds }\ndata: {}',
    /^kind \(line 2\)/,
    2,
  ],
  [
    'another name',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: bounds }\ndata: {}',
    /^metadata.name \(line 3\)/,
    3,
  ],
  ['an unknown field', manifest("data:\n  secret: ''"), /^data.secret \(line 5\): expected no such field here/, 5],
  ['a list', manifest('data:\n  secrets: [a, b]'), /^data.secrets \(line 5\): expected string/, 5],
  [
    'a key twice',
    manifest("data:\n  secrets: ''\n  secrets: ''"),
    /^data.secrets \(line 6\): expected this only once/,
    6,
  ],
  ['a name with a capital', manifest('data:\n  secrets: a B'), /^data.secrets.1 \(line 5\): expected the name of/, 5],
  ['names with commas', manifest('data:\n  configMaps: a, b'), /^data.configMaps.0 .*got "a,"/, 5],
  ['another space', manifest('data:\n  secrets: "a\\u00a0b"'), /^data.secrets.0 \(line 5\): expected the name of/, 5],
  ['a pattern', manifest('data:\n  imagePrefixes: registry.example/*'), /^data.imagePrefixes.0 \(line 5\)/, 5],
  ['a URL', manifest('data:\n  imagePrefixes: https://registry.example/a'), /^data.imagePrefixes.0 \(line 5\)/, 5],
  ['a resource without vendor', manifest('data:\n  extendedResources: gpu'), /^data.extendedResources.0 \(line 5\)/, 5],
  [
    'too many names',
    manifest(`data:\n  secrets: ${Array.from({ length: MAX_NAMES + 1 }, (_, index) => `a${index}`).join(' ')}`),
    /^data.secrets \(line 5\): expected array to have <=1000 items/,
    5,
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

test('bounds without data, or with some kinds only, allow nothing of the others', () => {
  expect(parseBounds(manifest('')).secrets.size).toBe(0);
  expect([...parseBounds(manifest('data: { secrets: a }')).secrets]).toEqual(['a']);
});

test('the policy and the API have the same kinds', async () => {
  const policy = await readFile(join(ROOT, 'manifests/core/job-bounds-policy.yaml'), 'utf8');
  const kinds = [...policy.matchAll(/variables\.bounds\[\?'(\w+)'\]/g)].map(([, kind]) => kind!);
  expect([...new Set(kinds)].toSorted()).toEqual(KINDS_OF_BOUNDS.toSorted());
});
