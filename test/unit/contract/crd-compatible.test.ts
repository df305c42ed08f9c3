import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { groupRunCrd } from '../../../contract/crd.ts';
import { narrowed, type Schema } from '../../support/narrowed.ts';

test('the CRD accepts every field and value that the previous CRD accepted', async () => {
  const previous = parse(await readFile(join(import.meta.dirname, '../../support/crd-previous.yaml'), 'utf8'));
  for (const { name, schema } of previous.spec.versions) {
    const served = groupRunCrd().spec.versions.find((version) => version.name === name);
    expect(served).toMatchObject({ served: true });
    expect(narrowed(schema.openAPIV3Schema, served!.schema.openAPIV3Schema)).toEqual([]);
  }
});

const text: Schema = { type: 'string', maxLength: 10 };
const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
});

test.each<[string, Schema, Schema, string[]]>([
  ['a higher maximum', text, { type: 'string', maxLength: 20 }, []],
  ['a new field', object({}), object({ a: text }), []],
  ['a removed field', object({ a: text }), object({}), ['.: a is gone']],
  ['a field that became required', object({ a: text }), object({ a: text }, ['a']), ['.: a became required']],
  ['a lower maximum', object({ a: text }), object({ a: { ...text, maxLength: 5 } }), ['.a: maxLength became lower']],
  ['a new minimum', text, { ...text, minLength: 1 }, ['.: minLength became higher']],
  ['another type', text, { type: 'integer' }, ['.: type string became integer']],
  ['a new pattern', text, { ...text, pattern: '^a$' }, ['.: pattern ^a$ is new']],
  ['a removed enum value', { enum: ['a', 'b'] }, { enum: ['b'] }, ['.: a is not allowed any more']],
  ['a new enum', text, { ...text, enum: ['a'] }, ['.: any other is not allowed any more']],
  [
    'a lower maximum in a list',
    { type: 'array', items: text },
    { type: 'array', items: { ...text, maxLength: 5 } },
    ['[]: maxLength became lower'],
  ],
])('the compatibility check judges %s', (_what, previous, next, problems) => {
  expect(narrowed(previous, next)).toEqual(problems);
});
