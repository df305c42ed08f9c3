import { expect, test } from '@jest/globals';
import { storedBytes, truncateStart } from '../../../contract/stored-size.ts';

test.each([
  ['a', 3],
  ['é', 4],
  ['\n', 4],
  ['<', 8],
  [{ a: ['&'] }, 16],
])('the API server stores %j in %i bytes', (value, bytes) => {
  expect(storedBytes(value)).toBe(bytes);
});

test.each([0x2028, 0x2029])('the line separator %i takes six bytes: Go escapes it, JavaScript does not', (code) => {
  expect(storedBytes(String.fromCharCode(code))).toBe(2 + 6);
});

test.each([
  ['nothing of a text that fits', 'abc', 3, 'abc'],
  ['a text that is too long, to its end', 'abcdef', 2, 'ef'],
  ['a text without splitting a two-byte character', 'aéé', 3, 'é'],
  ['a text without splitting a four-byte character', '😀😀', 7, '😀'],
  ['escaped characters by their escaped size', '<<\n\n', 9, '\n\n'],
  ['a text to nothing if no character fits', '😀', 3, ''],
])('truncates %s', (_what, text, bytes, expected) => {
  expect(truncateStart(text, bytes)).toBe(expected);
});
