import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

/** What a room may import besides itself: rooms, or single files. Tests may import all of it. */
const ALLOWED: Record<string, string[]> = {
  contract: [],
  process: [],
  kube: ['contract/paths.ts', 'process'],
  'api/http': ['process', 'api/catalog/problem.ts'],
  'api/catalog': ['contract', 'process'],
  'api/views': ['contract', 'api/catalog'],
  'api/runs': ['contract', 'process', 'kube', 'api/http', 'api/views'],
  'api/hold': ['process', 'api/http', 'api/runs'],
  'api/auth': ['contract', 'kube', 'api/http', 'api/catalog', 'api/runs/kube-call.ts'],
  'api/routes': [
    'contract',
    'process',
    'api/http',
    'api/catalog',
    'api/views',
    'api/runs',
    'api/hold',
    'api/auth',
    'api/openapi',
    'api/deps.ts',
  ],
  'api/openapi': ['api/views'],
  api: ['contract', 'process', 'kube', 'api'],
  'controller/decide': ['contract'],
  controller: ['contract', 'process', 'kube', 'controller/decide'],
  client: ['api/views/schemas.ts'],
  page: ['client'],
  cli: ['client', 'contract', 'kube', 'api/catalog', 'api/views'],
  'job-image': [],
  'dev/cluster': ['contract', 'process', 'kube'],
  'dev/docker': ['dev/cluster'],
  'dev/promtool': ['dev/cluster'],
  'dev/browser': [],
  scripts: ['contract', 'api', 'controller', 'dev'],
  'test/fault-proxy': ['dev', 'kube', 'process'],
  'test/support': ['contract', 'process', 'kube', 'api', 'cli', 'controller', 'dev', 'scripts', 'test/fault-proxy'],
  'test/browser': ['contract', 'api', 'dev', 'scripts', 'test/support'],
  'test/chaos': ['contract', 'process', 'kube', 'dev', 'scripts', 'test/fault-proxy', 'test/support'],
  bench: ['contract', 'process', 'kube', 'api', 'controller', 'dev', 'scripts', 'test/support'],
};

/** The files of a room itself; those of a room inside it are that room's. */
const filesOf = (room: string): string[] =>
  globSync(`${room}/**/*.ts`, { cwd: ROOT }).filter((file) => roomOf(file) === room);

/** The innermost room that holds this file. */
function roomOf(file: string): string | undefined {
  let folder = dirname(file);
  while (folder !== '.' && !(folder in ALLOWED)) folder = dirname(folder);
  return folder === '.' ? undefined : folder;
}

const importsOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(ROOT, join(ROOT, dirname(file), path!)),
  );

const isIn = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);

test.each(Object.entries(ALLOWED))('%s imports from itself and %j only', (room, allowed) => {
  const files = filesOf(room);
  expect(files).not.toEqual([]);
  const broken = files.flatMap((file) =>
    importsOf(file)
      .filter((path) => roomOf(path) !== room && !allowed.some((place) => isIn(path, place)))
      .map((path) => `${file} imports ${path}`),
  );
  expect(broken).toEqual([]);
});

test('no files import each other in a circle', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: string[]) => {
    if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
    if (trail.includes(file) || done.has(file)) return;
    for (const path of importsOf(file)) visit(path, [...trail, file]);
    done.add(file);
  };
  for (const room of Object.keys(ALLOWED)) for (const file of filesOf(room)) visit(file, []);
  expect(done.size).toBeGreaterThan(100);
  expect(circles).toEqual([]);
});

test('no rooms import each other in a circle', () => {
  const arrows = new Map<string, Set<string>>();
  for (const room of Object.keys(ALLOWED)) {
    // The top of api is entered by deps.ts alone, which holds types.
    const targets = filesOf(room)
      .flatMap(importsOf)
      .filter((path) => path !== 'api/deps.ts');
    arrows.set(room, new Set(targets.map((path) => roomOf(path)!).filter((other) => other !== room)));
  }
  while (arrows.size > 0) {
    const last = [...arrows].find(([, targets]) => [...targets].every((target) => !arrows.has(target)));
    if (!last) throw new Error(`Expected no circle, got one among ${[...arrows.keys()].join(', ')}`);
    arrows.delete(last[0]);
  }
});

test('only routes and app import api/deps.ts', () => {
  const importers = globSync('api/**/*.ts', { cwd: ROOT }).filter((file) => importsOf(file).includes('api/deps.ts'));
  expect(importers.filter((file) => !file.startsWith('api/routes/')).toSorted()).toEqual(['api/app.ts']);
});

test('client takes only types from the service, so nothing else of it gets into the browser', () => {
  const imports = filesOf('client').flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return [...text.matchAll(/^import ([^;]*?)\s+from '([^']+)'/gm)].map(([, what, path]) => ({
      file,
      what: what!,
      path: path!,
    }));
  });
  const elsewhere = imports.filter(({ path }) => path.includes('/api/'));
  expect(elsewhere).not.toEqual([]);
  expect(elsewhere.filter(({ what }) => !what.startsWith('type '))).toEqual([]);
});

test('page/model is pure: no browser, clock or randomness', () => {
  for (const file of globSync('page/model/*.ts', { cwd: ROOT })) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(text).not.toMatch(/\b(document|window|location|navigator)\.|Date\.now|new Date\(\)|Math\.random/);
  }
});

test('controller/decide is pure: it imports no library, and reads no clock, randomness or environment', () => {
  for (const file of filesOf('controller/decide')) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(text).not.toMatch(/from '[^.]/);
    expect(text).not.toMatch(/Date\.now|new Date\(\)|Math\.random|process\.|performance\./);
  }
});
