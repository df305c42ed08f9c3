import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildPage } from '../../../scripts/page.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-page-'));
  await writeFile(join(folder, 'app-OLD.js'), '');
  await buildPage(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the page is one document, one script and one style sheet, less than 60 kB together when compressed', async () => {
  const names = (await readdir(folder)).toSorted();
  expect(names).toEqual([
    expect.stringMatching(/^app-[A-Z0-9]{8}\.(css|js)$/),
    expect.stringMatching(/^app-[A-Z0-9]{8}\.(css|js)$/),
    'index.html',
  ]);
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  expect(files.reduce((sum, file) => sum + gzipSync(file).length, 0)).toBeLessThan(60_000);
});

test('the document has nothing inline, and names the files that are there', async () => {
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/);
  const named = [...html.matchAll(/(?:src|href)="page\/([^"]+)"/g)].map(([, name]) => name);
  expect(named.toSorted()).toEqual((await readdir(folder)).filter((name) => name !== 'index.html').toSorted());
});

test('the script reaches no other host, and evaluates no text', async () => {
  const script = (await readdir(folder)).find((name) => name.endsWith('.js'))!;
  const text = await readFile(join(folder, script), 'utf8');
  expect(text.match(/https?:\/\/[^"'` )]+/g)?.filter((url) => !url.startsWith('http://www.w3.org/')) ?? []).toEqual([]);
  expect(text).not.toMatch(/\beval\(|new Function\(|insertAdjacentHTML|document\.write/);
});
