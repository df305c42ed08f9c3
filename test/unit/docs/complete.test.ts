import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { JobState } from '../../../contract/group-run.ts';
import { blocksOf, ROOT } from '../../support/doc-blocks.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const api = read('docs/api.md');
const operations = read('docs/operations.md');
/** Every word of that form in code. */
const words = (files: string[], pattern: RegExp): string[] => [
  ...new Set(files.flatMap((file) => [...read(file).matchAll(pattern)].map(([, word]) => word!))),
];
const missing = (text: string, wanted: string[]): string[] => wanted.filter((one) => !text.includes(one));

test('docs/api.md names every call of openapi.json', () => {
  const { paths } = JSON.parse(read('resources/openapi.json')) as { paths: Record<string, object> };
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `\`${method.toUpperCase()} ${path}\``),
  );
  expect(calls.length).toBeGreaterThan(12);
  expect(missing(api, calls)).toEqual([]);
});

test('docs/api.md names every state', () => {
  expect(
    missing(
      api,
      JobState.options.map((state) => `\n| ${state} |`),
    ),
  ).toEqual([]);
});

/** Quoted in the files that decide, but no reasons of ours: types and statuses of conditions, phases, a runtime's word. */
const NO_REASONS = [
  'True',
  'False',
  'PodScheduled',
  'PodReadyToStartContainers',
  'Pending',
  'ContainerCreating',
  'PodInitializing',
  'Ready',
  'Complete',
  'SuccessCriteriaMet',
  'FailureTarget',
  'DisruptionTarget',
  'Succeeded',
  'ContainerCannotRun',
  'BackoffLimitExceeded',
];

test('docs/api.md explains every reason', () => {
  const files = [
    'blocked',
    'events',
    'failure',
    'needs',
    'status',
    'stop',
    'stop-due',
    'pods',
    'node-lost',
    'spec-too-large',
  ].map((name) => `controller/decide/${name}.ts`);
  const reasons = words(files, /'([A-Z][a-z]\w+)'/g).filter((word) => !NO_REASONS.includes(word));
  expect(reasons).toEqual(expect.arrayContaining(['ErrImagePull', 'NodeLost', 'Cancelled', 'FailedCreate']));
  const section = api.slice(api.indexOf('\n## Reasons\n'), api.indexOf('\n## Errors\n'));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const described = rows.map((row) => row.split('|')[1]!).join();
  expect(
    missing(
      described,
      reasons.map((reason) => `\`${reason}\``),
    ),
  ).toEqual([]);
  for (const row of rows)
    expect(
      row
        .split('|')
        .map((cell) => cell.trim())
        .filter(Boolean),
    ).toHaveLength(4);
});

test('docs/api.md explains every status of an error', () => {
  const statuses = words(globSync('api/**/*.ts', { cwd: ROOT }), /new HttpError\(\s*(\d{3})/g);
  expect(statuses).toEqual(expect.arrayContaining(['403', '404', '422', '429']));
  const rows = api.split('\n').filter((line) => /^\| \d{3}/.test(line));
  const described = rows.map((row) => row.split('|')[1]!).join();
  // 401, 408 and 431 are made otherwise.
  expect(missing(described, [...statuses, '401', '408', '431'])).toEqual([]);
});

test.each(['api/metrics.ts', 'controller/metrics.ts'])('docs/operations.md names every metric of %s', (file) => {
  const names = words([file], /'((?:async_api|http)_[a-z_]+)'/g);
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !new RegExp(`^\\| \`${name}[\`{]`, 'm').test(operations))).toEqual([]);
});

test('docs/operations.md names every Kubernetes Event of a run', () => {
  const reasons = words(['controller/decide/kubernetes-events.ts'], /(?:normal|warning)\(\s*'(\w+)'/g);
  expect(reasons).toEqual(expect.arrayContaining(['JobFailed', 'PodsLate', 'Revoked']));
  expect(
    missing(
      operations,
      reasons.map((reason) => `\`${reason}\``),
    ),
  ).toEqual([]);
});

test('docs/groups.md names every field of the configuration, or shows it in an example', () => {
  const groups = read('docs/groups.md');
  const examples = blocksOf('docs/groups.md').filter(({ info: [language] }) => language === 'yaml');
  const shown = examples.map(({ text }) => text).join('');
  const isThere = (name: string) =>
    new RegExp(`\`[\\w.]*\\b${name}\``).test(groups) || new RegExp(`\\b${name}:`).test(shown);
  const fields = new Set<string>();
  const visit = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties') for (const name of Object.keys(value as object)) fields.add(name);
      visit(value);
    }
  };
  visit(JSON.parse(read('resources/config.schema.json')));
  expect(fields.size).toBeGreaterThan(20);
  expect([...fields].filter((name) => !isThere(name))).toEqual([]);
});
