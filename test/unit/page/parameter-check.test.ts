import { expect, test } from '@jest/globals';
import { givenValues, wrongValue } from '../../../page/model/parameter-check.ts';

const DAY = { required: true, pattern: '\\d{4}-\\d{2}-\\d{2}' };

test.each([
  [DAY, '', 'A value is required.'],
  [DAY, '2026-11-25', undefined],
  [DAY, '2026-11-25 and more', 'Expected a text that matches \\d{4}-\\d{2}-\\d{2}'],
  [{ pattern: 'a|b' }, 'ab', 'Expected a text that matches a|b'],
  [{ pattern: 'a|b' }, '', undefined],
  [{}, 'x'.repeat(4097), 'Expected at most 4,096 characters, got 4,097.'],
])('with %j the value %j is answered with %p', (rules, value, words) => {
  expect(wrongValue(rules, value)).toBe(words);
});

test('a pattern that JavaScript cannot read is left to the service', () => {
  expect(wrongValue({ pattern: '(?P<year>\\d+)' }, 'x')).toBeUndefined();
});

test('an empty field is a parameter that is not given', () => {
  expect(givenValues({ day: '', region: 'eu' })).toEqual({ region: 'eu' });
});
