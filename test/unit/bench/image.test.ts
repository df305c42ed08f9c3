import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { IMAGE_ENV } from '../../../bench/image.ts';

const ROOT = join(import.meta.dirname, '../../..');

test.each(['api', 'controller'])('the benchmarks run the %s with the environment of its image', async (service) => {
  const dockerfile = await readFile(join(ROOT, service, 'Dockerfile'), 'utf8');
  for (const [name, value] of Object.entries(IMAGE_ENV)) {
    expect(dockerfile).toMatch(new RegExp(`^(ENV)? +${name}=${value} `, 'm'));
  }
});
