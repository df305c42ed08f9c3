import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { released, withVersion } from '../../../scripts/version.ts';
import { ROOT } from '../../support/doc-blocks.ts';
import { VERSION } from '../../support/version.ts';

const run = promisify(execFile);
/** No other place of the repository has it. */
const NEXT = '97.98.99-rc.1';
/** In these a version is that of a package of somebody else, or of a release that is over. */
const OF_OTHERS = /(^|\/)(go\.(mod|sum)|package-lock\.json|CHANGELOG\.md)$|^(bench\/results|docs\/decisions)\//;

let clone: string;
const { NODE_OPTIONS: _, ...inherited } = process.env;
const environment = {
  ...inherited,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  GIT_CONFIG_GLOBAL: '/dev/null',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'test'],
      [`GIT_${who}_EMAIL`, 'test@example.com'],
    ]),
  ),
};
const inClone = async (command: string, ...args: string[]) =>
  (await run(command, args, { cwd: clone, env: environment, maxBuffer: 1e8 })).stdout;
const readClone = (file: string) => readFile(join(clone, file), 'utf8');
/** The files that name it, also as a part of a word, such as v1.2.3 or name-1.2.3.tgz. */
const containing = async (version: string) => {
  const pattern = `(^|[^0-9.])${version.replaceAll('.', '\\.')}([^0-9]|$)`;
  return (await inClone('git', 'grep', '-I', '--name-only', '--perl-regexp', pattern)).trim().split('\n');
};

// `npm version` in a repository with this checkout's files, changed ones included.
beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'async-api-version-'));
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of stdout.split('\0').filter(Boolean)) {
    await cp(join(ROOT, file), join(clone, file)).catch((error) => {
      // Deleted, but not yet committed.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await inClone('git', 'init', '--quiet');
  await inClone('git', 'add', '--all');
  await inClone('git', 'commit', '--quiet', '--message', 'before');
  await inClone('npm', 'version', NEXT);
}, 180_000);
afterAll(() => rm(clone, { recursive: true, force: true }));

test('npm version moves every place that names the version', async () => {
  const left = (await containing(VERSION)).filter((file) => !OF_OTHERS.test(file));
  expect(left).toEqual([]);
  const lock = JSON.parse(await readClone('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual([NEXT, NEXT]);
  expect(await containing(NEXT)).toEqual(expect.arrayContaining(['api/Dockerfile', 'docs/deploy.md', 'package.json']));
});

test('npm version commits and tags all of it', async () => {
  expect(await inClone('git', 'status', '--porcelain')).toBe('');
  expect((await inClone('git', 'describe', '--tags')).trim()).toBe(`v${NEXT}`);
});

test('the unreleased changes become those of the version, and new ones have a place', async () => {
  const changelog = await readClone('CHANGELOG.md');
  expect(changelog).toMatch(/\n## \[Unreleased\]\n\n## \[97\.98\.99-rc\.1\] - \d{4}-\d\d-\d\d\n\n### /);
});

test('later changes of the CRD are compared with the released one', async () => {
  expect(await readClone('test/support/crd-previous.yaml')).toBe(await readClone('manifests/core/crd.yaml'));
});

test('only a whole version is moved, and a file that has lost it is an error', () => {
  expect(withVersion('a:1.2.3, 11.2.3 1.2.30 1.2.3-rc.1 v1.2.3. b-1.2.3.tgz', '1.2.3', '2.0.0')).toBe(
    'a:2.0.0, 11.2.3 1.2.30 1.2.3-rc.1 v2.0.0. b-2.0.0.tgz',
  );
  expect(() => withVersion('1x2.3', '1.2.3', '2.0.0')).toThrow(/expected it to name the version 1\.2\.3/);
});

test.each([
  ['no changes', '## [Unreleased]\n\n## [1.0.0] - 2026-01-01\n\n- a\n', /changes under/],
  ['the same version twice', '## [Unreleased]\n\n- b\n\n## [2.0.0] - 2026-01-01\n\n- a\n', /no heading ## \[2\.0\.0\]/],
  ['no place for unreleased changes', '# Changelog\n', /a heading ## \[Unreleased\]/],
])('a changelog with %s is an error', (_what, text, says) => {
  expect(() => released(text, '2.0.0', '2026-11-25')).toThrow(says);
});
