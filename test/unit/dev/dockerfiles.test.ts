import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { IMAGES } from '../../../dev/docker/images.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '../../..', file), 'utf8');

test.each(IMAGES)('a plain docker build of %s labels the image with the version in package.json', (name) => {
  const dockerfile = read(`${name}/Dockerfile`);
  expect(/^ARG VERSION=(.*)$/m.exec(dockerfile)?.[1]).toBe(JSON.parse(read('package.json')).version);
  expect(dockerfile).toContain(`org.opencontainers.image.version="\${VERSION}"`);
});
