import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PATHS } from '../api/app.ts';
import { configJsonSchema } from '../api/catalog/config.ts';
import { openApiDocument } from '../api/openapi/document.ts';
import { groupRunCrd } from '../contract/crd.ts';
import { dashboard } from './dashboard.ts';
import { settingsPage } from './settings-page.ts';

const ROOT = join(import.meta.dirname, '..');
const FILES = {
  'manifests/core/crd.yaml': () =>
    `# Generated from contract/group-run.ts by: npm run generate\n${stringify(groupRunCrd(), { aliasDuplicateObjects: false })}`,
  'resources/openapi.json': () => `${JSON.stringify(openApiDocument(PATHS), null, 2)}\n`,
  'resources/config.schema.json': () => `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'manifests/monitoring/dashboard.json': () => `${JSON.stringify(dashboard(), null, 2)}\n`,
  'docs/settings.md': settingsPage,
};

/** Writes every generated file; with --check only says which are not current, and fails if any is. */
for (const [name, generate] of Object.entries(FILES)) {
  const path = join(ROOT, name);
  if (!process.argv.includes('--check')) await writeFile(path, generate());
  else if ((await readFile(path, 'utf8').catch(() => '')) !== generate()) {
    console.error(`${name} is not current. Run: npm run generate`);
    process.exitCode = 1;
  }
}
