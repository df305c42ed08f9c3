import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Bom } from '../../../scripts/sbom.ts';
import { ROOT } from '../../support/doc-blocks.ts';
import { VERSION } from '../../support/version.ts';

const run = promisify(execFile);
// Jest's own options would make the child load what it does not have.
const { NODE_OPTIONS: _, ...env } = process.env;
const script = (name: string, ...args: string[]) =>
  run(process.execPath, [join(ROOT, `scripts/${name}.ts`), ...args], { env, maxBuffer: 1e8 });

let folder: string;
let text: string;
let bom: Bom;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-sbom-'));
  const [sbom] = await Promise.all([script('sbom', 'api', 'page'), script('bundle', '--out', folder, 'api')]);
  text = sbom.stdout;
  bom = JSON.parse(text);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const refs = () => bom.components.map((one) => one['bom-ref']);

test('it lists each package whose code is in the bundle, once', async () => {
  const bundle = await readFile(join(folder, 'api.mjs'), 'utf8');
  // esbuild writes the path of each file above its code.
  const names = [...bundle.matchAll(/^\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)].map(([, name]) => name!);
  expect(names).toContain('express');
  const listed = bom.components.map(({ name }) => name);
  expect(listed).toEqual(expect.arrayContaining([...new Set(names)]));
  expect(new Set(refs()).size).toBe(refs().length);
});

test('it lists what the page holds, although package.json calls it a development dependency, and no tool', () => {
  const of = (name: string) => bom.components.find((one) => one.name === name);
  for (const name of ['preact', 'htm', 'anser']) {
    expect(of(name)).toMatchObject({
      scope: 'required',
      properties: [],
      purl: expect.stringMatching(`pkg:npm/${name}@`),
    });
  }
  expect(['esbuild', 'jest', 'typescript', 'testcontainers', '@types/node'].filter(of)).toEqual([]);
});

test('it lists the Node that runs the program', () => {
  expect(bom.components).toContainEqual(
    expect.objectContaining({ type: 'platform', name: 'node', version: process.versions.node }),
  );
});

test('each dependency is listed', () => {
  const named = bom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]);
  const { component } = bom.metadata;
  expect(named.filter((ref) => ref !== component['bom-ref'] && !refs().includes(ref))).toEqual([]);
  expect(component).toMatchObject({ name: 'async-api api page', version: VERSION });
});

test('the same code gives the same text, which neither claims a name at npm nor tells a registry', async () => {
  const page = async () => (await script('sbom', 'page')).stdout;
  expect(await page()).toBe(await page());
  expect(text).not.toMatch(/pkg:npm\/async-api|registry/);
});

test('an unknown part is an error', async () => {
  await expect(script('sbom', 'api', 'sidecar')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Expected some of api, .*, got api sidecar\.\n$/),
  });
});
