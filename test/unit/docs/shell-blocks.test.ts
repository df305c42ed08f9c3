import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseCatalog } from '../../../api/catalog/catalog.ts';
import { ALL_BOUNDS } from '../../support/all-bounds.ts';
import { type Block, blocksOf, blocksRunBy, DOCUMENTS, isShell, prose, ROOT } from '../../support/doc-blocks.ts';
import { outputPattern } from '../../support/output-pattern.ts';

const blocks = DOCUMENTS.flatMap(blocksOf);
const shellBlocks = blocks.filter(isShell);
const place = ({ file, line }: Block): string => `${file}:${line}`;
const marks = ({ info }: Block): string[] => info.slice(1);
const testFile = (mark: string): string => join(ROOT, 'test', `${mark.replace('run=', '')}.test.ts`);

test('every shell block is run by a test, or says that it is not run', () => {
  expect(shellBlocks.length).toBeGreaterThan(20);
  const unmarked = shellBlocks.filter((one) => marks(one).length !== 1 || !/^(not-run|run=.+)$/.test(marks(one)[0]!));
  expect(unmarked.map(place)).toEqual([]);
});

test('the test that a block names runs it', () => {
  const named = new Set(shellBlocks.flatMap(marks).filter((mark) => mark.startsWith('run=')));
  expect([...named]).toContain('run=e2e/docs');
  for (const mark of named) {
    expect({ mark, exists: existsSync(testFile(mark)) }).toEqual({ mark, exists: true });
    expect(readFileSync(testFile(mark), 'utf8')).toMatch(/\bblocksRunBy\(import\.meta\.filename\)/);
    expect(blocksRunBy(testFile(mark)).length).toBeGreaterThan(0);
  }
});

test('the test of the images runs every command that uses them', () => {
  const runs = shellBlocks.filter(({ text }) => /\bdocker run\b/.test(text));
  expect(runs.flatMap(marks)).toEqual(runs.map(() => 'run=images/commands'));
  for (const { text } of blocksRunBy(testFile('run=images/commands'))) {
    for (const line of text.replaceAll('\\\n', '').trim().split('\n')) expect(line).toMatch(/^docker run /);
  }
});

test('no command hides in a block of another kind: each block names its language, and none is indented', () => {
  expect(blocks.filter(({ info }) => info.length === 0).map(place)).toEqual([]);
  const prompts = blocks.filter((one) => /^\$ /m.test(one.text));
  expect(prompts.map(place)).toEqual([]);
  for (const file of DOCUMENTS) {
    // Four spaces after an empty line; below a list's item it is its next paragraph.
    expect({ file, indented: /\n\n( {4}|\t)/.test(prose(file)) }).toEqual({ file, indented: false });
  }
});

test('the API accepts every example of groups, except the one named broken', () => {
  const configs = blocks.filter(({ info, text }) => info[0] === 'yaml' && /^ *groups:$/m.test(text));
  expect(configs.map(({ file }) => file)).toEqual(expect.arrayContaining(['docs/groups.md', 'docs/migrating.md']));
  const wrong = configs
    .flatMap(({ text }) => [...parseCatalog(text, ALL_BOUNDS)])
    .filter(([, { problems }]) => problems.length > 0);
  expect(wrong.map(([name]) => name)).toEqual(['broken']);
});

const ID = '14ebcad3-2eef-4ea0-a311-f280df150001';
const OTHER = 'a06eb7e7-7c63-46ff-86c0-f05a0c370002';
test.each<[string, string, string, boolean]>([
  ['another id', `{"task_id":"${ID}"}`, `{"task_id":"${OTHER}"}`, true],
  ['something that is no id', `{"task_id":"${ID}"}`, '{"task_id":"none"}', false],
  ['another time', 'at 2026-11-25T13:08:18Z', 'at 2027-01-02T03:04:05.678Z', true],
  ['another age', 'a 7s\n', 'a 2m10s\n', true],
  ['JSON on one line', '{\n  "a": [1],\n  "b": 2\n}\n', '{"a":[1],"b":2}', true],
  ['what an ellipsis stands for', '{"a":1,…}', '{"a":1,"b":{"c":2}}', true],
  ['another field', '{"a":1}', '{"a":1,"b":2}', false],
  ['a job that has begun', '{"state":"PENDING"}', '{"state":"STARTED"}', true],
  ['another end', '{"state":"SUCCESS"}', '{"state":"FAILURE"}', false],
  ['text with signs of a pattern', 'expected >=0 (line 20)? [a|b]', 'expected >=0 (line 20)? [a|b]', true],
])('an output may differ from what a document shows by %s or not: %j, %j', (_what, shown, printed, fits) => {
  expect(outputPattern(shown).test(printed)).toBe(fits);
});
