import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../support/doc-blocks.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test('docs/security.md and docs/rights.md name every admission policy of the manifests', () => {
  const files = globSync('manifests/**/*.yaml', { cwd: ROOT }).filter((file) =>
    parseAllDocuments(read(file)).some((document) => document.get?.('kind') === 'ValidatingAdmissionPolicy'),
  );
  expect(files.length).toBeGreaterThan(6);
  for (const page of ['docs/security.md', 'docs/rights.md']) {
    const text = read(page);
    expect({ page, missing: files.filter((file) => !text.includes(basename(file))) }).toEqual({ page, missing: [] });
  }
});
