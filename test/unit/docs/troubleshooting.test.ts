import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { blocksRunBy, ROOT } from '../../support/doc-blocks.ts';

const PAGE = 'docs/troubleshooting.md';
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The cells of each row of the tables in a text, without those of its head. */
const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );

const sections = read(PAGE).split('\n## ');
const commandSection = sections.find((one) => one.startsWith('The commands\n'))!;
const named = [...commandSection.matchAll(/^\| \*\*(\w+)\*\* \|/gm)].map(([, name]) => name!);
/** The rows that lead from a symptom to a command. */
const symptoms = sections
  .filter((section) => section.includes('| command |'))
  .filter((section) => section !== commandSection)
  .flatMap(rowsOf)
  .filter(([, command]) => command !== 'command');

test('each symptom leads to one of the commands of the page, and to a meaning', () => {
  expect(symptoms.length).toBeGreaterThan(30);
  expect(symptoms.filter(([, command]) => !named.includes(command!))).toEqual([]);
  expect(symptoms.filter(({ length }) => length !== 3)).toEqual([]);
  expect(symptoms.filter(([, , meaning]) => !meaning)).toEqual([]);
});

test('each command of the page has a name, and a test runs it', () => {
  const blocks = blocksRunBy(join(ROOT, 'test/e2e/docs.test.ts')).filter(({ file }) => file === PAGE);
  const run = blocks.flatMap(({ text }) => [...text.matchAll(/ # (\w+)$/gm)].map(([, name]) => name!));
  expect(run).toEqual(named);
});

/** What stands in the first cells of the table below that heading of docs/api.md. */
const firstCells = (heading: string, pattern: RegExp): string[] => {
  const section = read('docs/api.md')
    .split('\n## ')
    .find((one) => one.startsWith(`${heading}\n`))!;
  return rowsOf(section).flatMap(([cell]) => cell!.match(pattern) ?? []);
};
const reached = symptoms.map(([symptom]) => symptom).join();

test('every reason of docs/api.md is reached from a symptom', () => {
  const reasons = firstCells('Reasons', /`\w+`/g);
  expect(reasons.length).toBeGreaterThan(40);
  expect(reasons.filter((reason) => !reached.includes(reason))).toEqual([]);
});

test('every status of an error is reached from a symptom', () => {
  const statuses = firstCells('Errors', /\b\d{3}\b/g);
  expect(statuses.length).toBeGreaterThan(12);
  expect(statuses.filter((status) => !reached.includes(status))).toEqual([]);
});
