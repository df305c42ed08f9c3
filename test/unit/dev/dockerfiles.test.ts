import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { IMAGES } from '../../../dev/docker/images.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '../../..', file), 'utf8');

test.each(IMAGES)('a plain docker build of %s labels the image with the version in package.json', (name) => {
  const dockerfile = read(`${name}/Dockerfile`);
  expect(/^ARG VERSION=(.*)$/m.exec(dockerfile)?.[1]).toBe(JSON.parse(read('package.json')).version);
  expect(dockerfile).toContain(`org.opencontainers.image.version="\${VERSION}"`);
});

test('a docker build has every file that the bundles of the images are made from', () => {
  const included = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, path] of read(file).matchAll(/from '(\.[^']+)'/g)) visit(join(dirname(file), path!));
  };
  for (const entry of ['api/main.ts', 'controller/main.ts', 'page/main.ts', 'scripts/bundle.ts']) visit(entry);
  expect(seen.size).toBeGreaterThan(100);
  const missing = [...seen].filter((file) => !included.some((one) => file === one || file.startsWith(`${one}/`)));
  expect(missing).toEqual([]);
});
