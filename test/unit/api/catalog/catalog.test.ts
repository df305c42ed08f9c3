import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { CatalogError } from '../../../../api/catalog/catalog-error.ts';
import { eventually } from '../../../support/eventually.ts';
import { openCatalog } from '../../../support/open-catalog.ts';

const text = await readFile(join(import.meta.dirname, '../../../support/config.yaml'), 'utf8');

describe('the config.yaml of the tests', () => {
  const catalog = parseCatalog(text);

  test('has three valid jobs in group_a, in order, each with a deadline', () => {
    const { jobs, problems } = catalog.get('group_a')!;
    expect(problems).toEqual([]);
    expect(jobs.map((job) => [job.name, job.activeDeadlineSeconds])).toEqual([
      ['job_a1', 300],
      ['job_a2', 300],
      ['job_a3', 30],
    ]);
  });

  test('has three problems in group_b, each with its path and line, and no jobs', () => {
    const { jobs, problems } = catalog.get('group_b')!;
    expect(jobs).toEqual([]);
    expect(problems.map((problem) => problem.path)).toEqual([
      'groups.group_b.jobs.job_b1.sleep.seconds',
      'groups.group_b.jobs.job_b2',
      'groups.group_b.jobs.job_b3.slep',
    ]);
    for (const { path, line } of problems) expect(text.split('\n')[line! - 1]).toContain(path.split('.')[3]);
  });

  test('has no jobs in group_c and a job that may hang in group_d', () => {
    expect(catalog.get('group_c')).toEqual({ jobs: [], problems: [], warnings: [], parameters: new Map() });
    expect(catalog.get('group_d')!.jobs[0]!.sleep!.hangProbability).toBeGreaterThan(0);
  });

  test('has a container with a scratch volume in group_e, and jobs in order in group_f', () => {
    const [e, f] = [catalog.get('group_e')!, catalog.get('group_f')!];
    expect([e.problems, f.problems]).toEqual([[], []]);
    expect(e.jobs).toMatchObject([{ container: { volumeMounts: [{}] }, volumes: [{ emptyDir: {} }] }]);
    expect(f.jobs.map(({ name, needs = [] }) => [name, ...needs])).toEqual([
      ['extract'],
      ['sums', 'extract'],
      ['means', 'extract'],
      ['report', 'sums', 'means'],
    ]);
  });
});

const problemsOf = (job: string) =>
  parseCatalog(`groups:\n  g:\n    jobs:\n      j: ${job}`)
    .get('g')!
    .problems.map(({ path, message }) => `${path}: ${message}`);

test.each([
  ['{ sleep: { seconds: soon } }', [/sleep\.seconds: expected number, got "soon"/]],
  ['{}', [/^groups\.g\.jobs\.j: expected exactly one of sleep, log and container, got none/]],
  ['{ sleep: { seconds: 1 }, retries: 3 }', [/jobs\.j\.retries: expected no such field/]],
  ['{ sleep: {}, activeDeadlineSeconds: 0 }', [/sleep\.seconds/, /activeDeadlineSeconds: .*>=1, got 0/]],
  ['5', [/expected object, got 5/]],
])('the definition %s is invalid, and every problem is listed', (job, expected) => {
  const problems = problemsOf(job);
  expect(problems).toHaveLength(expected.length);
  for (const pattern of expected) expect(problems).toContainEqual(expect.stringMatching(pattern));
});

test('an invalid group does not affect another', () => {
  const catalog = parseCatalog('groups: { bad: { jobs: 5 }, good: { jobs: { j: { sleep: { seconds: 1 } } } } }');
  expect(catalog.get('bad')!.problems).toHaveLength(1);
  expect(catalog.get('good')).toMatchObject({ jobs: [{ name: 'j' }], problems: [] });
});

const memory = (value: string) =>
  `{ container: { image: i, resources: { limits: { cpu: 100m, memory: ${value} }, requests: { memory: ${value} } } } }`;

test.each(["'128m'", "'0.5'", "'1.5m'"])('a memory of %s, a fraction of a byte, is a problem at its place', (value) => {
  const { problems } = parseCatalog(`groups:\n  g:\n    jobs:\n      j: ${memory(value)}`).get('g')!;
  const message = `expected an amount of memory such as 128Mi, got "${value.replaceAll("'", '')}"`;
  const path = (kind: string) => `groups.g.jobs.j.container.resources.${kind}.memory`;
  expect(problems).toEqual(['requests', 'limits'].map((kind) => ({ path: path(kind), line: 4, message })));
});

test.each(["'0.5Gi'", '128Mi', "'134217728'", '1.5k'])('a memory of %s is no problem', (value) => {
  expect(problemsOf(memory(value))).toEqual([]);
});

test('a duplicate key is a problem of its own group, with the line of the repetition', () => {
  const job = '{ sleep: { seconds: 1 } }';
  const catalog = parseCatalog(
    `groups:\n  a: {}\n  b:\n    jobs:\n      x: ${job}\n      x: ${job}\n  a: {}\n  c: { jobs: { j: ${job} } }`,
  );
  const message = 'expected this only once';
  expect(catalog.get('a')!.problems).toEqual([{ path: 'groups.a', line: 7, message }]);
  expect(catalog.get('b')!.problems).toEqual([{ path: 'groups.b.jobs.x', line: 6, message }]);
  expect(catalog.get('c')).toMatchObject({ jobs: [{ name: 'j' }], problems: [] });
});

test("jobs keep the file's order and their names, even names that look like numbers", () => {
  const jobs = ['b', '10', '2', '010', '1.0', 'true', 'constructor'];
  const catalog = parseCatalog(
    `groups: { g: { jobs: { ${jobs.map((job) => `${job}: { sleep: { seconds: 1 } }`)} } } }`,
  );
  expect(catalog.get('g')!.jobs.map((job) => job.name)).toEqual(jobs);
});

test.each(['__proto__', '-x', '"a b"', '<<'])('a job named %s is a problem, and not silently dropped', (name) => {
  const { problems } = parseCatalog(`groups: { g: { jobs: { ${name}: { sleep: { seconds: 1 } } } } }`).get('g')!;
  expect(problems).toMatchObject([{ message: expect.stringContaining('expected a name') }]);
});

test('parallelism must be an integer of at least 1', () => {
  const catalog = parseCatalog('groups: { a: { parallelism: 3 }, b: { parallelism: 0 }, c: &c { parallelism: *c } }');
  expect(catalog.get('a')!.parallelism).toBe(3);
  expect(catalog.get('b')!.problems).toHaveLength(1);
  expect(catalog.get('c')!.problems).toMatchObject([{ message: expect.stringContaining('contains itself') }]);
});

test('a file larger than 1 MiB is not read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catalog-'));
  const path = join(folder, 'config.yaml');
  await writeFile(path, `groups: {}\n${'#'.repeat(1024 * 1024)}`);
  await expect(openCatalog(path)).rejects.toThrow(/at most 1048576 bytes/);
  await rm(folder, { recursive: true });
});

test.each([
  ['a YAML error', 'groups: ['],
  ['a duplicate groups key', 'groups: {}\ngroups: {}'],
  ['a duplicate key in defaults', 'defaults: { backoffLimit: 1, backoffLimit: 2 }\ngroups: {}'],
  ['no groups', 'defaults: {}'],
  ['an unknown field', 'groups: {}\ngrups: {}'],
  ['invalid defaults', 'defaults: { backoffLimit: -1 }\ngroups: {}'],
])('a file with %s is unusable as a whole', (_what, text) => {
  expect(() => parseCatalog(text)).toThrow(CatalogError);
});

test('a changed file is reloaded; while it is invalid, the last good catalog stays in use and `problem` says why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catalog-'));
  const path = join(folder, 'config.yaml');
  const stop = new AbortController();
  await writeFile(path, 'groups: { one: {} }');
  const file = await openCatalog(path);
  const watching = file.follow(stop.signal, 10);
  try {
    await writeFile(path, 'groups: { one: {}, two: {} }');
    await eventually('the second group', async () => file.catalog.get('two'));
    await writeFile(path, 'groups: [');
    await eventually('the problem', async () => file.problem);
    expect([...file.catalog.keys()]).toEqual(['one', 'two']);
    await writeFile(path, 'groups: { three: {} }');
    await eventually('the third group', async () => file.catalog.get('three'));
    expect(file.problem).toBeUndefined();
  } finally {
    stop.abort();
    await watching;
    await rm(folder, { recursive: true });
  }
});
