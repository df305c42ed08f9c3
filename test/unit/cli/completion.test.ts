import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '../../../client/index.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { cli } from '../../support/cli.ts';

const MAIN = join(import.meta.dirname, '../../../cli/main.ts');
let app: TestApp;
let run: string;
beforeAll(async () => {
  app = await startApp();
  run = await createClient({ server: app.url }).trigger('good', {});
});
afterAll(() => app.close());

const complete = async (...words: string[]) => {
  const { code, out, err } = await cli(['__complete', '--', ...words], { env: { ASYNC_API_SERVER: app.url } });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.split('\n').slice(0, -1);
};

test('the words that fit are commands, options, values of options, groups and runs', async () => {
  expect(await complete('ru')).toEqual(['runs', 'run']);
  expect(await complete('')).toEqual(expect.arrayContaining(['trigger', 'completion']));
  expect(await complete('')).not.toContain('__complete');
  expect(await complete('trigger', 'good', '--w')).toEqual(['--wait']);
  expect(await complete('runs', '-o', 'j')).toEqual(['json']);
  expect(await complete('runs', '--state', 'S')).toEqual(['STARTED', 'SUCCESS']);
  expect(await complete('trigger', 'g')).toEqual(['good']);
  expect(await complete('runs', '--group', '')).toEqual(['good', 'empty']);
  expect(await complete('wait', run.slice(0, 4))).toEqual([run]);
  expect(await complete('completion', 'z')).toEqual(['zsh']);
  expect(await complete('runs', '--since', '')).toEqual([]);
});

test('without a service there are no words, no error and no long wait', async () => {
  const { code, out, err } = await cli(['__complete', '--', 'trigger', ''], {
    env: { ASYNC_API_SERVER: 'http://127.0.0.1:1' },
  });
  expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
});

test('bash completes with the script, and the plugin of kubectl in the form that kubectl reads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'async-api-completion-'));
  try {
    const bin = (name: string, text: string) =>
      writeFile(join(folder, name), text).then(() => chmod(join(folder, name), 0o755));
    await bin('async-api', `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    await bin('kubectl', `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    await bin('kubectl_complete-async_api', (await cli(['completion', 'kubectl'])).out);
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const env = { ...inherited, PATH: `${folder}:${process.env.PATH}`, ASYNC_API_SERVER: app.url };
    const script = `${(await cli(['completion', 'bash'])).out}
COMP_WORDS=(async-api trigger go) COMP_CWORD=2
_async_api
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const bash = await promisify(execFile)('bash', ['-c', script], { env });
    expect(bash.stdout).toBe('good\n');
    const { stdout } = await promisify(execFile)(join(folder, 'kubectl_complete-async_api'), ['trigger', 'go'], {
      env,
    });
    expect(stdout).toBe('good\n:4\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an unknown shell is wrong usage', async () => {
  expect(await cli(['completion', 'csh'])).toMatchObject({ code: 2, out: '' });
});
