import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { boundsText } from '../../support/open-catalog.ts';

const SCRIPT = join(import.meta.dirname, '../../../scripts/check-config.ts');
// Jest's own options would make the child load what it does not have.
const { NODE_OPTIONS: _, ...env } = process.env;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-check-'));
});
afterAll(() => rm(folder, { recursive: true }));

function check(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

async function file(text: string): Promise<string> {
  await writeFile(join(folder, 'groups.yaml'), text);
  return 'groups.yaml';
}

const GOOD = 'groups:\n  good:\n    jobs:\n      j: { sleep: { seconds: 1 } }\n';

test('a file without problems has the exit code 0, with --strict too', async () => {
  const stdout = 'groups.yaml can be used: 1 group; 0 problems; 0 warnings\n';
  const path = await file(GOOD);
  expect(await check(path)).toEqual({ code: 0, stdout, stderr: '' });
  expect(await check('--strict', path)).toEqual({ code: 0, stdout, stderr: '' });
});

test('problems of groups and warnings are printed with path and line; only --strict makes problems exit code 1', async () => {
  const path = await file(
    `${GOOD}      late: { sleep: { seconds: 1 }, activeDeadlineSeconds: 30 }\n  bad: { jobs: 5, parallelism: 0 }\n`,
  );
  const stderr = [
    'problem: groups.bad.jobs (line 6): expected record, got 5',
    'problem: groups.bad.parallelism (line 6): expected number to be >=1, got 0',
    'warning: groups.good.jobs.late.pendingDeadlineSeconds (line 5): expected less than activeDeadlineSeconds (30), got 120, which can never apply',
    '',
  ].join('\n');
  const stdout = 'groups.yaml can be used: 2 groups; 2 problems in 1 group, which cannot be triggered; 1 warning\n';
  expect(await check(path)).toEqual({ code: 0, stdout, stderr });
  expect(await check('--strict', path)).toEqual({ code: 1, stdout, stderr });
});

test('warnings alone have the exit code 0, with --strict too', async () => {
  const path = await file(`${GOOD}      late: { sleep: { seconds: 1 }, activeDeadlineSeconds: 30 }\n`);
  expect(await check('--strict', path)).toMatchObject({ code: 0, stderr: expect.stringMatching(/^warning: .*\n$/) });
});

test.each([
  ['is not YAML', 'groups: [', /^groups\.yaml cannot be used:\n.*line 1/],
  ['has no groups', 'groups: 5', /^groups\.yaml cannot be used:\nExpected `groups:` .* got 5 \(line 1\)\.\n$/],
  [
    'is larger than 1 MiB',
    `${GOOD}#${'x'.repeat(1024 * 1024)}`,
    /groups\.yaml: Expected a file of at most 1048576 bytes/,
  ],
])('a file that %s has the exit code 1, with the message of the API', async (_what, text, says) => {
  expect(await check(await file(text))).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(says) });
});

test('a file that does not exist has the exit code 1', async () => {
  expect(await check('none.yaml')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/none\.yaml: ENOENT/),
  });
});

test('--bounds names the file of what jobs may refer to', async () => {
  const path = await file(`${GOOD}      p: { sleep: { seconds: 1 }, pod: { priorityClassName: low } }\n`);
  await writeFile(join(folder, 'bounds.yaml'), boundsText());
  const beyond = { code: 0, stderr: expect.stringContaining('priorityClassName (line 5)') };
  expect(await check('--bounds', 'bounds.yaml', path)).toMatchObject(beyond);
  await writeFile(join(folder, 'bounds.yaml'), boundsText({ priorityClasses: 'low' }));
  expect(await check('--strict', '--bounds', 'bounds.yaml', path)).toMatchObject({ code: 0, stderr: '' });
  await writeFile(join(folder, 'bounds.yaml'), boundsText({ priorityClass: 'low' }));
  const stderr =
    'bounds.yaml cannot be used:\nmetadata.annotations.bounds.async-api.dev/priorityClass (line 1): expected no such field here\n';
  expect(await check('--bounds', 'bounds.yaml', path)).toEqual({ code: 1, stdout: '', stderr });
});

test.each([
  ['an unknown option', ['--strickt'], /--strickt/],
  ['two files', ['a.yaml', 'b.yaml'], /^Expected one FILE, got a\.yaml b\.yaml\n$/],
])('%s is wrong usage, exit code 2', async (_what, args, says) => {
  expect(await check(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(says) });
});

test('--help says what the command does, and its exit codes', async () => {
  const { code, stdout } = await check('--help');
  expect(code).toBe(0);
  for (const part of ['npm run check-config -- FILE', '--strict', '--bounds FILE', '\n  0  ', '\n  1  ', '\n  2  ']) {
    expect(stdout).toContain(part);
  }
});
