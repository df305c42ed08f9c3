import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { resultValue } from '../../../../api/views/result-value.ts';

const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;

test.each<[string, unknown]>([
  ['{"rows": 3, "ok": true, "none": null}\n', { rows: 3, ok: true, none: null }],
  ['[1, "two", {"three": [3.5]}]', [1, 'two', { three: [3.5] }]],
  ['42', 42],
  [' 1.5\n', 1.5],
  ['"text"', 'text'],
  ['null', null],
  ['false', false],
  ['{}', {}],
  ['{"a:{[": "\\"b\\": [{", "c": "1e400"}', { 'a:{[': '"b": [{', c: '1e400' }],
  ['"\\ud83d\\ude00"', '😀'],
  ['"\\u0000\\u2028"', '\0\u2028'],
  ['9007199254740991', 2 ** 53 - 1],
  ['[1.0, 1.50e1, 0.0, 1E+2, 1e-7, 1.7976931348623157e308, 5e-324]', [1, 15, 0, 100, 1e-7, Number.MAX_VALUE, 5e-324]],
  ['{"a": {"b": 1}, "c": {"b": 2}}', { a: { b: 1 }, c: { b: 2 } }],
  [nested('[', ']', 32), JSON.parse(nested('[', ']', 32))],
])('%j is shown as a value', (text, value) => {
  expect(resultValue(text)).toStrictEqual(value);
});

test.each([
  'plain text',
  '',
  '\n',
  '{"rows": 3',
  "{'rows': 3}",
  '007',
  '0x10',
  'NaN',
  '\u00a042',
  '\0',
  '\ufffd',
  // Numbers that a double does not hold, or not as they are written.
  '9007199254740992',
  '-9007199254740993',
  '{"id": 12345678901234567890}',
  '1e400',
  '[-1e400]',
  '1e-400',
  '[0.12345678901234567890]',
  '-0',
  '1.10',
  '1e3',
  // What parsers read in different ways.
  '{"a": 1, "a": 1}',
  '{"a": {"b": 1, "\\u0062": 2}}',
  '{"__proto__": 1, "__proto__": 2}',
  '"\\ud83d"',
  '{"\\ude00": 1}',
])('%j stays text', (text) => expect(resultValue(text)).toBe(text));

test.each([
  ['33 lists in each other', nested('[', ']', 33)],
  ['33 objects in each other', nested('{"a":', '}', 33)],
  ['2,047 lists in each other', nested('[', ']', 2047)],
  ['4,095 brackets', '['.repeat(4095)],
  ['800 objects that do not end', '{"a":'.repeat(800)],
  ['a number of 4,000 digits', `[${'1'.repeat(4000)}]`],
  ['a fraction of 4,000 digits', `[0.${'0'.repeat(4000)}1]`],
])('%s stay text', (_, text) => expect(resultValue(text)).toBe(text));

test('a key named __proto__ is a key like any other', () => {
  const value = resultValue('{"__proto__": {"polluted": true}}') as object;
  expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true}}');
  expect(value).not.toHaveProperty('polluted');
});

test('what JSON.stringify writes of any value is shown as that value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value);
      // Integers that are not safe, and halves of surrogate pairs, stay text.
      fc.pre(!/\d{16}|\\ud/.test(text));
      expect(JSON.stringify(resultValue(text))).toBe(text);
    }),
  );
});

test('no text loses anything: it is shown as it is, or as a value that is written with the same numbers and keys', () => {
  const parts = [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"b"',
    '1',
    '1.0',
    '1e9',
    '12345678901234567',
    '"\\ud800"',
    'null',
    ' ',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), (some) => {
      const text = some.join('');
      const value = resultValue(text);
      if (value === text) return;
      const counts = (json: string) => ['"a"', '"b"', '[', '{', 'null'].map((part) => json.split(part).length);
      expect(counts(JSON.stringify(value))).toEqual(counts(text));
    }),
    { numRuns: 2000 },
  );
});
