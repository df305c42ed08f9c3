import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { RESERVED_NAME } from '../../../contract/reserved-names.ts';

const FILE = join(import.meta.dirname, '../../../manifests/core/run-policy.yaml');

test('the policy on GroupRuns has the reserved names of the contract', async () => {
  const { spec } = parseAllDocuments(await readFile(FILE, 'utf8'))[0]!.toJS() as {
    spec: { variables: { name: string; expression: string }[] };
  };
  const { expression } = spec.variables.find(({ name }) => name === 'reserved')!;
  expect(expression).toContain(`name.matches('${RESERVED_NAME}')`);
});
