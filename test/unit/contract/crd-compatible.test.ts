import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { groupRunCrd } from '../../../contract/crd.ts';
import { narrowed, type Schema } from '../../support/narrowed.ts';

test('the CRD takes every field and value that the one before it took', async () => {
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
  ['another bound that is wider', text, { type: 'string', maxLength: 20 }, []],
  ['a new field', object({}), object({ a: text }), []],
  ['a field that is gone', object({ a: text }), object({}), ['.: a is gone']],
  ['a field that is required now', object({ a: text }), object({ a: text }, ['a']), ['.: a became required']],
  ['a lower maximum', object({ a: text }), object({ a: { ...text, maxLength: 5 } }), ['.a: maxLength became lower']],
  ['a minimum that is new', text, { ...text, minLength: 1 }, ['.: minLength became higher']],
  ['another type', text, { type: 'integer' }, ['.: type string became integer']],
  ['a pattern that is new', text, { ...text, pattern: '^a$' }, ['.: pattern ^a$ is new']],
  ['a value that is gone', { enum: ['a', 'b'] }, { enum: ['b'] }, ['.: a is not allowed any more']],
  ['values that are bounded now', text, { ...text, enum: ['a'] }, ['.: any other is not allowed any more']],
  [
    'a lower maximum in a list',
    { type: 'array', items: text },
    { type: 'array', items: { ...text, maxLength: 5 } },
    ['[]: maxLength became lower'],
  ],
])('the check for that says of %s what it should', (_what, previous, next, problems) => {
  expect(narrowed(previous, next)).toEqual(problems);
});
