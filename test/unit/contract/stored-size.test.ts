import { expect, test } from '@jest/globals';
import { storedBytes, truncateStart } from '../../../contract/stored-size.ts';

test.each([
  ['a', 3],
  ['é', 4],
  ['\n', 4],
  ['<', 8],
  [{ a: ['&'] }, 16],
])('%j takes what it takes as the JSON of the API server: %i bytes', (value, bytes) => {
  expect(storedBytes(value)).toBe(bytes);
});

test.each([
  ['a text that fits', 'abc', 3, 'abc'],
  ['the end of one that does not', 'abcdef', 2, 'ef'],
  ['no half of a character of two bytes', 'aéé', 3, 'é'],
  ['no half of a character of four bytes', '😀😀', 7, '😀'],
  ['less where characters are escaped', '<<\n\n', 9, '\n\n'],
  ['nothing where not even one character fits', '😀', 3, ''],
])('%s is what remains', (_what, text, bytes, expected) => {
  expect(truncateStart(text, bytes)).toBe(expected);
});
