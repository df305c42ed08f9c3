import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '../../../scripts/skaffold-check.ts');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-skaffold-'));
});
afterAll(() => rm(folder, { recursive: true }));

function check(args: string[], path = folder): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], { env: { PATH: path } });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    child.on('close', (code) => resolve({ code, said }));
  });
}

async function schema(definition: object): Promise<string[]> {
  const path = join(folder, 'schema.json');
  await writeFile(path, JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...definition }));
  return ['--schema', path];
}

/** A program called skaffold, in a folder of its own. */
async function fakeSkaffold(script: string): Promise<string> {
  const path = await mkdtemp(join(folder, 'path-'));
  await writeFile(join(path, 'skaffold'), `#!/bin/sh\n${script}\n`);
  await chmod(join(path, 'skaffold'), 0o755);
  return path;
}

test('the check by a schema names the schema, and each field that it does not take with its path', async () => {
  expect(await check(await schema({ required: ['build'] }))).toMatchObject({
    code: 0,
    said: expect.stringMatching(/0 problems.*schema\.json/),
  });
  const profile = { type: 'object', properties: { name: {} }, additionalProperties: false };
  const profiles = { type: 'array', items: profile };
  const { code, said } = await check(await schema({ properties: { profiles } }));
  expect(code).toBe(1);
  expect(said).toMatch(/\/profiles\/1 must NOT have additional properties.*"deploy"/);
});

test('an installed Skaffold checks each profile once, and its errors are shown', async () => {
  const taken = await check([], await fakeSkaffold('exit 0'));
  expect(taken).toMatchObject({ code: 0, said: expect.stringMatching(/0 problems, checked by Skaffold itself/) });
  const refused = await check([], await fakeSkaffold('case "$*" in *minikube*) echo no such field >&2; exit 1;; esac'));
  expect(refused).toMatchObject({ code: 1, said: expect.stringMatching(/no such field\s+.*1 problem/) });
});
