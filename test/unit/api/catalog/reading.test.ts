import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { CatalogError } from '../../../../api/catalog/catalog-error.ts';
import { CatalogFile } from '../../../../api/catalog/catalog-file.ts';
import { parseInThread } from '../../../../api/catalog/parse-thread.ts';
import { eventually } from '../../../support/eventually.ts';
import { boundsText, openCatalog, replaceFile } from '../../../support/open-catalog.ts';

const JOB = '{ sleep: { seconds: 1 } }';
const groups = (count: number, group: string) =>
  `groups:\n${Array.from({ length: count }, (_, index) => `  g${index}:\n${group}`).join('')}`;

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reading-'));
  path = join(folder, 'config.yaml');
});
afterEach(() => rm(folder, { recursive: true }));

const write = (text: string) => replaceFile(path, text);

/** Follows a file while `body` runs. */
async function following(file: CatalogFile, body: () => Promise<void>, parserPauseMs = 0): Promise<void> {
  const stop = new AbortController();
  const done = file.follow(stop.signal, 10, parserPauseMs);
  try {
    await body();
  } finally {
    stop.abort();
    await done;
  }
}

test('reading takes time linear in the number of groups, even if each has problems', () => {
  const text = (count: number) => groups(count, `    jobs: { j: { slep: 1 } }\n    jobs: { j: { slep: 1 } }\n`);
  /** Microseconds of CPU, which other processes do not add to. */
  const timeOf = (count: number) => {
    const from = process.cpuUsage();
    parseCatalog(text(count));
    const { user, system } = process.cpuUsage(from);
    return user + system;
  };
  timeOf(1000);
  // The least of some, since garbage collection adds to most.
  const [few, many] = [1000, 4000].map((count) => Math.min(...Array.from({ length: 5 }, () => timeOf(count))));
  // Four times the groups take four times as long; sixteen times if it were quadratic.
  expect(many! / few!).toBeLessThan(10);
});

test('a file of 12,000 groups does not block the event loop', async () => {
  await writeFile(path, groups(12_000, `    jobs: { one: ${JOB} }\n`));
  let longest = 0;
  let last = performance.now();
  const tick = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(tick, 1);
  const from = performance.now();
  const file = await openCatalog(path).finally(() => clearInterval(timer));
  tick();
  expect(file.catalog.size).toBe(12_000);
  expect(longest).toBeLessThan((performance.now() - from) / 2);
});

test('a catalog from the thread equals one parsed directly, and its patterns match', async () => {
  const text = `groups:\n  g: { jobs: { b: ${JOB}, 1: ${JOB} }, parameters: { A: { pattern: '[a-z]+' } }, allow: [jane] }\n  bad: { jobs: 5 }`;
  await writeFile(path, text);
  const { catalog } = await openCatalog(path);
  expect(catalog).toEqual(parseCatalog(text));
  const { pattern } = catalog.get('g')!.parameters.get('A')!;
  expect([pattern!.text, pattern!.matches('abc'), pattern!.matches('1')]).toEqual(['[a-z]+', true, false]);
});

test('an error of the file as a whole comes from the thread with its text', async () => {
  await writeFile(path, 'groups: 5');
  await expect(openCatalog(path)).rejects.toThrow(
    `${path} cannot be used:\nExpected \`groups:\` with a group for each name, got 5 (line 1).`,
  );
});

test('a text is parsed once, also one that is invalid; a parser that fails is tried again', async () => {
  const parsed: string[] = [];
  const logged: string[] = [];
  let fails = 0;
  await write('groups: { one: {} }');
  const file = await openCatalog(
    path,
    (message) => logged.push(message),
    async ({ config }) => {
      parsed.push(config);
      if (fails-- > 0) throw new Error('no memory');
      return parseCatalog(config);
    },
  );
  const polls = () => new Promise((resolve) => setTimeout(resolve, 100));
  await following(file, async () => {
    await polls();
    await write('groups: [');
    await eventually('the problem', () => file.problem);
    await polls();
    expect(parsed).toEqual(['groups: { one: {} }', 'groups: [']);
    fails = 2;
    await write('groups: { two: {} }');
    await eventually('the second file', () => file.catalog.get('two'));
    expect(parsed.slice(2)).toEqual(Array(3).fill('groups: { two: {} }'));
    await rm(path);
    await eventually('the file to be missed', () => file.problem);
    await write('groups: { two: {} }');
    await eventually('the file again', () => (file.problem === undefined ? true : undefined));
  });
  const unusable = 'config file cannot be used, the last good one stays';
  expect(logged).toEqual(['config file read', unusable, unusable, 'config file read', unusable, 'config file read']);
  expect(parsed).toHaveLength(5);
});

test('a parser that fails is not started again at once with the same text, but with another', async () => {
  await writeFile(path, 'groups: { one: {} }');
  const parsed: string[] = [];
  const parse = async ({ config }: { config: string }) => {
    parsed.push(config);
    if (config.includes('large')) throw new Error('no memory');
    return parseCatalog(config);
  };
  const file = await openCatalog(path, () => {}, parse);
  const polls = () => new Promise((resolve) => setTimeout(resolve, 100));
  await following(
    file,
    async () => {
      await write('groups: { large: {} }');
      await eventually('the problem', () => file.problem);
      await polls();
      await write('groups: { two: {} }');
      await eventually('the second file', () => file.catalog.get('two'));
    },
    60_000,
  );
  expect(parsed).toEqual(['groups: { one: {} }', 'groups: { large: {} }', 'groups: { two: {} }']);
});

test('a file that is read is logged in one line, with at most twenty of its warnings', async () => {
  const lines: unknown[] = [];
  const warned = `    jobs: { j: { sleep: { seconds: 1 }, activeDeadlineSeconds: 30 } }\n`;
  await writeFile(path, groups(25, warned));
  const file = await openCatalog(path, (message, fields, level) => lines.push([message, fields, level]));
  const warning = (index: number) =>
    `groups.g${index}.jobs.j.pendingDeadlineSeconds (line ${2 * index + 3}): expected less than activeDeadlineSeconds (30), got 120, which can never apply`;
  const warnings = Array.from({ length: 20 }, (_, index) => warning(index));
  await following(file, async () => {
    await write('groups: { one: {} }');
    await eventually('the second file', () => file.catalog.get('one'));
  });
  expect(lines).toEqual([
    ['config file read', { groups: 25, warningCount: 25, warnings }, 'warn'],
    ['config file read', { groups: 1 }, 'info'],
  ]);
});

test('an invalid text in the thread is a CatalogError here', async () => {
  await expect(parseInThread({ config: 'groups: [', bounds: boundsText() })).rejects.toThrow(CatalogError);
});

describe('bounds.yaml', () => {
  const config = 'groups:\n  g:\n    jobs: { j: { sleep: { seconds: 1 }, pod: { priorityClassName: low } } }';
  const isUsable = (file: CatalogFile) => file.catalog.get('g')!.problems.length === 0 || undefined;
  let boundsPath: string;
  beforeEach(async () => {
    boundsPath = join(folder, 'bounds.yaml');
    await write(config);
  });
  const open = () => CatalogFile.open({ config: path, bounds: boundsPath }, () => {});

  test('is read again when it changes; while it is invalid or missing, the last good one stays', async () => {
    await replaceFile(boundsPath, boundsText());
    const file = await open();
    expect(isUsable(file)).toBeUndefined();
    await following(file, async () => {
      await replaceFile(boundsPath, boundsText({ priorityClasses: 'low' }));
      await eventually('the new bounds', () => isUsable(file));
      await replaceFile(boundsPath, '\n\ndata: [');
      const problem = await eventually('the problem', () => file.problem);
      expect(problem).toContain(boundsPath);
      expect(file.note).toBe('its bounds file cannot be used since line 3; the log says why');
      expect(isUsable(file)).toBe(true);
      await rm(boundsPath);
      await eventually('the file to be missed', () => file.problem?.includes('BOUNDS_FILE') || undefined);
      expect(isUsable(file)).toBe(true);
      await replaceFile(boundsPath, boundsText());
      await eventually('the first bounds', () => (isUsable(file) ? undefined : true));
      expect(file.problem).toBeUndefined();
    });
  });

  test('that is missing or invalid at the start is an error that names it', async () => {
    await expect(open()).rejects.toThrow(
      `Cannot read what jobs may refer to from BOUNDS_FILE ${boundsPath}: Error: ENOENT`,
    );
    await writeFile(boundsPath, boundsText({ secret: 'a' }));
    await expect(open()).rejects.toThrow(
      `${boundsPath} cannot be used:\nmetadata.annotations.bounds.async-api.dev/secret (line 1): expected no such field here`,
    );
  });

  test('counts for a file that a thread parses too', async () => {
    const large = `${config}\n${'#'.repeat(40_000)}`;
    await write(large);
    await replaceFile(boundsPath, boundsText({ priorityClasses: 'high' }));
    const { catalog } = await open();
    expect(catalog.get('g')!.problems).toMatchObject([{ path: 'groups.g.jobs.j.pod.priorityClassName', line: 3 }]);
    await replaceFile(boundsPath, 'data: [');
    await expect(open()).rejects.toThrow(`${boundsPath} cannot be used:`);
  });
});
