import { expect, test } from '@jest/globals';
import { lastBytes } from '../../controller/last-bytes.ts';

test.each([
  ['a text that fits', 'abc', 3, 'abc'],
  ['the end of one that does not', 'abcdef', 2, 'ef'],
  ['no half of a character of two bytes', 'aéé', 3, 'é'],
  ['no half of a character of four bytes', '😀😀', 7, '😀'],
  ['nothing where not even one character fits', '😀', 3, ''],
])('%s is what remains', (_what, text, bytes, expected) => {
  expect(lastBytes(text, bytes)).toBe(expected);
});
