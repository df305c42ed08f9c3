import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Catalog, parseCatalog } from '../../api/catalog/catalog.ts';

const PROMISED = ['group_a', 'group_b', 'group_c', 'group_d', 'group_e', 'group_f'];

const promised = async (file: string): Promise<object[]> => {
  const catalog: Catalog = parseCatalog(await readFile(join(import.meta.dirname, '../..', file), 'utf8'));
  return PROMISED.map((name) => {
    const { problems, ...group } = catalog.get(name)!;
    // Lines may differ.
    return { name, ...group, problems: problems.map(({ path, message }) => ({ path, message })) };
  });
};

// No unit test: Skaffold runs those before a deploy, and a user may change these groups.
test('the shipped config.yaml has its six groups as the tests know them, without warnings', async () => {
  const shipped = await promised('resources/config.yaml');
  expect(shipped).toEqual(await promised('test/support/config.yaml'));
  expect(shipped).toMatchObject(PROMISED.map((name) => ({ name, warnings: [] })));
});
