import { expect, test } from '@jest/globals';
import { allowToStore, isNamedByAll } from '../../../../api/auth/allow.ts';
import { run } from '../../../support/builders.ts';

const alice = { name: 'alice', groups: ['team'] };

test.each([
  [undefined, true],
  ['[]', true],
  ['[["alice"]]', true],
  ['[["bob","group:team"]]', true],
  ['[["bob"]]', false],
  ['[["alice"],["bob"]]', false],
  ['[["alice"],["group:team"]]', true],
  ['[[]]', false],
  ['["alice"]', false],
  ['{"alice":true}', false],
  ['[["alice"]', false],
  ['alice', false],
  ['', false],
  ['null', false],
  ['[["alice",5]]', false],
])('the stored allow %j permits alice: %j', (text, permits) => {
  expect(isNamedByAll(text, alice)).toBe(permits);
});

const withAllow = (text: string) => ({
  ...run(),
  metadata: { ...run().metadata, annotations: { 'async-api.dev/allow': text } },
});

test.each([
  ['no allow', undefined, undefined, undefined],
  ['the allow of its group', ['alice'], undefined, '[["alice"]]'],
  ['an empty allow, which names nobody', [], undefined, '[[]]'],
  ['the allow of the run that it repeats', undefined, '[["alice"]]', '[["alice"]]'],
  ['both, one after the other', ['bob'], '[["alice"]]', '[["alice"],["bob"]]'],
  ['equal ones once', ['alice'], '[["alice"],["bob"]]', '[["alice"],["bob"]]'],
  ['nobody, if that of the run that it repeats cannot be read', ['alice'], 'x', '[[],["alice"]]'],
])('a run is stored with %s', (_what, allow, repeated, text) => {
  expect(allowToStore(allow, repeated === undefined ? undefined : withAllow(repeated))).toBe(text);
});
