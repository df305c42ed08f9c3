import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { startApp } from '../../../support/app.ts';
import { eventually } from '../../../support/eventually.ts';
import { openCatalog } from '../../../support/open-catalog.ts';

const SECRET = 'hunter2hunter2';

const problemsOf = (job: string) =>
  parseCatalog(`groups:\n  g:\n    jobs:\n      j: ${job}`)
    .get('g')!
    .problems.map(({ path, line, message }) => `${path} (${line}): ${message}`);
const inContainer = (field: string) => problemsOf(`{ container: { image: i, ${field} } }`);

describe('the values of env, args and command are in no message', () => {
  const at = 'groups.g.jobs.j.container';
  test.each([
    ['env: [{ name: A, value: 5100 }]', `${at}.env.0.value (4): expected string, got a number`],
    [`env: { A: ${SECRET} }`, `${at}.env (4): expected array, got a map`],
    [`env: [A=${SECRET}]`, `${at}.env.0 (4): expected object, got a text`],
    [
      `env: [{ name: "A=${SECRET}", value: x }]`,
      `${at}.env.0.name (4): letters, digits, "_", "-" and ".", not beginning with a digit, got a text`,
    ],
    [`args: ${SECRET}`, `${at}.args (4): expected array, got a text`],
    [`args: [{ a: ${SECRET} }]`, `${at}.args.0 (4): expected string, got a map`],
    [`command: { sh: ${SECRET} }`, `${at}.command (4): expected array, got a map`],
    ['args: [null]', `${at}.args.0 (4): expected string, got null`],
    [
      `env: [{ name: A, value: !${SECRET} x }]`,
      `${at}.env.0.value (4): expected a value without a tag, or with one that fits it of !!str, !!int, !!float, !!bool, !!null, !!map and !!seq`,
    ],
    [`args: [*${SECRET}]`, `${at}.args.0 (4): expected an alias of an anchor that stands before it`],
  ])('%s', (field, problem) => {
    expect(inContainer(field)).toEqual([problem]);
  });

  test.each([
    [`[{ container: { image: i, env: [{ name: A, value: ${SECRET} }] } }]`],
    [`{ container: [{ name: A, value: ${SECRET} }] }`],
    [`{ container: docker run -e A=${SECRET} image }`],
    [`[{ env: { A: ${SECRET} }, args: [${SECRET}], command: ${SECRET} }]`],
    [`[{ name: A, value: ${SECRET} }]`],
  ])('nor where they stand in the wrong place: %s', (job) => {
    const problems = problemsOf(job);
    expect(problems.join()).toMatch(/expected object, got /);
    expect(problems.join()).not.toContain('hunter');
  });
});

test.each([
  [`groups:\n  g:\n    container: [{ name: A, value: ${SECRET} }]`],
  [`groups:\n  g:\n    container: { env: [*${SECRET}], args: !${SECRET} x }`],
  [`groups:\n  g:\n    container: docker run -e A=${SECRET} image`],
])('nor where they stand in the container of a group: %j', (text) => {
  const { problems } = parseCatalog(text).get('g')!;
  expect(problems.length).toBeGreaterThan(0);
  expect(JSON.stringify(problems)).not.toContain('hunter');
});

test.each([
  [`groups: {}\ndefaults: { container: [${SECRET}] }`],
  [`groups: {}\ndefaults: { container: { command: [*${SECRET}], env: !${SECRET} x } }`],
])('nor where they stand in the container of defaults: %j', (text) => {
  expect(() => parseCatalog(text)).toThrow(/defaults\.container/);
  expect(() => parseCatalog(text)).not.toThrow(/hunter/);
});

test.each([
  ['groups:\n  g: {}\n  password: "hunter2hunter2\n', 4],
  ['groups:\n  g: {}\npassword: hunter2hunter2', 3],
  ['groups: {}\n\ndefaults: { backoffLimit: hunter2hunter2 }', 3],
  ['groups: [hunter2hunter2]', 1],
])('of a broken file /readyz?verbose tells only the line: %j', async (text, line) => {
  const logged: string[] = [];
  const path = join(await mkdtemp(join(tmpdir(), 'config-')), 'config.yaml');
  await writeFile(path, 'groups: {}');
  const file = await openCatalog(path, (_message, fields) => logged.push(JSON.stringify(fields)));
  const stop = new AbortController();
  const following = file.follow(stop.signal, 5);
  await writeFile(path, text);
  const note = await eventually('the note', () => file.note).finally(() => stop.abort());
  await following;
  expect(note).toBe(`cannot be used since line ${line}; the log says why`);
  expect(file.problem).toBeDefined();
});

test.each([
  ['groups:\n  g: {}\n  password: "hunter2hunter2\n', /^Missing closing "quote at line 4, column \d+$/],
  ['groups: {}\npassword: |hunter2', /^Block scalar header includes extra characters at line 2, column \d+/],
  ['groups: {}\n"a": b\n"hunter2', / at line \d+, column \d+$/],
  ['groups: {}\n  ]hunter2', / at line \d+, column \d+$/],
])('the log of a broken file has the sentence of the parser, without text of the file: %j', (text, sentence) => {
  expect(() => parseCatalog(text)).toThrow(sentence);
  expect(() => parseCatalog(text)).not.toThrow(/hunter/);
});

test.each([
  [true, 'expected number, got "soon"'],
  [false, 'expected another value; callers with the right to see the group get the reason'],
])('whoever may trigger a broken group, with the right to see it: %s', async (maySee, message) => {
  const auth = {
    identify: async () => ({ name: 'alice', groups: [] }),
    allows: async (_caller: unknown, verb: string) => verb === 'create' || maySee,
  };
  const app = await startApp({ auth }, 'groups: { g: { jobs: { j: { sleep: { seconds: soon } } } } }');
  try {
    const headers = { accept: 'application/json' };
    const response = await fetch(`${app.url}/group/g`, { method: 'POST', headers });
    const { problems } = (await response.json()) as { problems: object[] };
    expect([response.status, problems]).toEqual([422, [{ path: 'groups.g.jobs.j.sleep.seconds', line: 1, message }]]);
  } finally {
    await app.close();
  }
});
