import { execFile, execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { released } from '../../../scripts/version.ts';
import { ROOT } from '../../support/doc-blocks.ts';

interface Step {
  name?: string;
  uses?: string;
  run?: string;
}
interface Job {
  needs?: string;
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const FILES = globSync('.github/workflows/*.yaml', { cwd: ROOT });
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const workflow = (file: string): Workflow => parse(read(file));
const steps = (file: string): Step[] => Object.values(workflow(file).jobs).flatMap((job) => job.steps);
const scripts = (file: string): string[] => steps(file).flatMap(({ run }) => run ?? []);
const release = workflow('.github/workflows/release.yaml');

test.each(FILES)('%s may only read unless a job says more, and each job has an end', (file) => {
  const { permissions, jobs } = workflow(file);
  expect(permissions).toEqual({ contents: 'read' });
  expect(Object.values(jobs).filter((job) => !job['timeout-minutes'])).toEqual([]);
});

test.each(FILES)('%s takes each action at a commit, since a tag can be moved, and keeps no credentials', (file) => {
  const uses = steps(file).filter((step) => step.uses !== undefined);
  expect(uses.map((step) => step.uses)).toEqual(uses.map(() => expect.stringMatching(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)));
  const checkouts = uses.filter((step) => step.uses!.startsWith('actions/checkout@'));
  expect(checkouts).toEqual(checkouts.map(() => expect.objectContaining({ with: { 'persist-credentials': false } })));
});

test.each(FILES)(
  'the scripts of %s are valid, and take no text of GitHub, which a caller may choose, as code',
  (file) => {
    for (const script of scripts(file)) {
      execFileSync('bash', ['-n'], { input: script });
      expect(script).not.toContain('${{');
    }
  },
);

test.each(FILES)('%s runs npm scripts that exist', (file) => {
  const { scripts: known } = JSON.parse(read('package.json'));
  const named = scripts(file).flatMap((script) =>
    [...script.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map((m) => m[1]!),
  );
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !(name in known))).toEqual([]);
});

test('a release is published only after the tests, and only its job may write and sign', () => {
  const { test: tests, publish } = release.jobs;
  expect(release.on).toEqual({ push: { tags: ['v*'] } });
  expect(publish!.needs).toBe('test');
  expect(tests!.permissions).toBeUndefined();
  expect(publish!.permissions).toEqual({ contents: 'write', packages: 'write', 'id-token': 'write' });
});

test('each file that a release publishes is signed', () => {
  const script = (name: string) => release.jobs.publish!.steps.find((step) => step.name === name)!.run!;
  const files = (text: string) =>
    [...text.matchAll(/"?dist\/[\w.$-]+\.(?:mjs|json|yaml|tgz|txt)"?/g)].map(([file]) => file);
  const published = files(script('Publish the release').replace('dist/*.sigstore.json', ''));
  expect(published).toHaveLength(5);
  expect(published).toEqual(files(script('Sign the files')));
});

test('the notes of a release are its changes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'async-api-notes-'));
  try {
    const before = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- new\n\n## [1.2.2] - 2026-01-01\n\n- old\n';
    await writeFile(join(folder, 'CHANGELOG.md'), released(before, '1.2.3', '2026-11-25'));
    const { run } = release.jobs.publish!.steps.find(({ name }) => name === 'Write the release notes')!;
    await promisify(execFile)('bash', ['-e', '-c', run!], { cwd: folder, env: { ...process.env, VERSION: '1.2.3' } });
    expect(await readFile(join(folder, 'dist/notes.md'), 'utf8')).toBe('\n### Added\n\n- new\n\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});
