import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../support/doc-blocks.ts';

const FILES = [
  'README.md',
  'skaffold.yaml',
  '.github/workflows/ci.yaml',
  '.github/workflows/release.yaml',
  ...['*/Dockerfile', '{dev,docs,manifests,scripts,test}/**/*.{md,ts,yaml}'].flatMap((pattern) =>
    globSync(pattern, { cwd: ROOT, exclude: ['docs/decisions'] }),
  ),
];
/** Without a registry's name it is Docker Hub's. */
const OF_A_STRANGER = /(?<!registry\.invalid\/)\basync-api\/(?:api|controller|job-image|local-base|pause)\b(?!\/)/;

test('no file names an image of ours that a registry could have: a stranger may own the name', () => {
  expect(FILES.length).toBeGreaterThan(200);
  const named = FILES.filter((file) => OF_A_STRANGER.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(named).toEqual([]);
});
