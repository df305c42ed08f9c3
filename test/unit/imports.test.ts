import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
/** Which folders a folder may import from, besides itself. */
const ALLOWED: Record<string, string[]> = {
  kube: [],
  api: ['kube'],
  controller: ['kube'],
  'job-image': [],
  cluster: ['kube'],
  scripts: ['cluster', 'kube', 'api', 'controller'],
};

const importsOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(ROOT, join(ROOT, dirname(file), path!)),
  );

test.each(Object.entries(ALLOWED))('%s imports from itself and [%s] only', (folder, allowed) => {
  const files = globSync(`${folder}/**/*.ts`, { cwd: ROOT });
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    for (const path of importsOf(file)) expect([folder, ...allowed]).toContain(path.split('/')[0]);
  }
});

test('what decides is pure: it imports pure files, types and nothing that acts', () => {
  const names = ['plan', 'status', 'run-status', 'run-events', 'failure', 'stuck', 'lost', 'stop', 'strip', 'job'];
  const pure = [...names, 'types'].map((name) => `controller/${name}.ts`);
  for (const name of names) {
    const file = `controller/${name}.ts`;
    for (const path of importsOf(file)) {
      expect([
        ...pure,
        'contract/group-run.ts',
        'contract/ids.ts',
        'contract/labels.ts',
        'contract/stored-size.ts',
      ]).toContain(path);
    }
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(text).not.toMatch(/from '[^.]/);
    expect(text).not.toMatch(/Date\.now|new Date\(\)|Math\.random|process\./);
  }
});
