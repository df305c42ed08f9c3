import { describe, expect, test } from '@jest/globals';
import { Pattern } from '../../../../api/catalog/pattern.ts';

const EMOJI = '😀';
const wholeMatch = (pattern: string, value: string) => new RegExp(`^(?:${pattern})$`, 'u').test(value);

test.each<[pattern: string, matching: string[], other: string[]]>([
  ['', [''], ['a']],
  ['[a-z]+', ['acme'], ['', 'Acme', 'acme\n', '\nacme', 'acme; rm']],
  ['true|false', ['true', 'false'], ['true; x', 'xfalse', 'TRUE']],
  ['a|ab', ['a', 'ab'], ['abb']],
  ['\\d{4}-\\d{2}-\\d{2}', ['2026-11-25'], ['2026-11-2', '٢٠٢٦-١١-٢٥']],
  ['\\w+', ['a_1'], ['é', 'a-b', '']],
  ['\\S+\\s\\S+', ['a b', 'a\tb'], ['ab', 'a  b']],
  ['.', ['a', 'é', EMOJI], ['', '\n', 'ab', `${EMOJI}${EMOJI}`]],
  ['.*', ['', 'a b'], ['a\nb', 'a\n']],
  ['[^,]+', ['a\nb', EMOJI], ['a,b', '']],
  [`[${EMOJI}]{2}`, [`${EMOJI}${EMOJI}`], [EMOJI]],
  ['\\p{L}+', ['Ünïcödé', '日本語'], ['a1', EMOJI]],
  ['\\p{Lu}\\p{Ll}*', ['Émile'], ['émile']],
  ['\\P{L}', ['1', EMOJI], ['a']],
  ['a$', ['a'], ['a\n', 'a\nb']],
  ['^a', ['a'], ['\na', 'ab']],
  ['\\bfoo\\b.*', ['foo', 'foo bar'], ['foobar']],
  ['(?:a{2}){3}', ['aaaaaa'], ['aaaaa', 'aaaaaaa']],
  ['a{2,}?b', ['aab', 'aaaab'], ['ab']],
  ['(?<year>\\d{4})', ['2026'], ['26']],
  ['[\\w.+-]+@[\\w-]+\\.[a-z]{2,63}', ['a.b+c@example.com'], ['a@b', '@example.com', 'a@example.com\n']],
  ['[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?', ['a', 'a-1', 'x'.repeat(63)], ['-a', 'a-', 'x'.repeat(64)]],
  ['/data/[^/\\n]+\\.csv', ['/data/a.csv'], ['/data/a/b.csv', '/data/.csv\n']],
  ['\\$\\(x\\)\\\\', ['$(x)\\'], ['$(x)']],
])('%j matches the same whole values as a JavaScript RegExp with the u flag', (text, matching, other) => {
  const pattern = new Pattern(text);
  for (const value of matching)
    expect([value, pattern.matches(value), wholeMatch(text, value)]).toEqual([value, true, true]);
  for (const value of other)
    expect([value, pattern.matches(value), wholeMatch(text, value)]).toEqual([value, false, false]);
});

test.each<[pattern: string, value: string, re2: boolean]>([
  ['.', '\r', true],
  ['.', '\u2028', true],
  ['\\s', '\u00a0', false],
])('%j differs from JavaScript on %j, as the RE2 syntax page says', (text, value, re2) => {
  expect([new Pattern(text).matches(value), wholeMatch(text, value)]).toEqual([re2, !re2]);
});

test.each([
  '(?=a).',
  '(?!a).',
  '(?<=a)b',
  '(?<!a)b',
  '(a)\\1',
  '(?<n>a)\\k<n>',
  '(',
  '[',
  '*',
  'a++',
  '\\u0041',
  '[b-a]',
])('%s is refused with what was expected', (text) => {
  expect(() => new Pattern(text)).toThrow(
    /^expected a regular expression in RE2 syntax \(no lookaround, no backreferences\), got /,
  );
});

describe('a pattern that would take much work', () => {
  test.each(['(a{1000}){1000}', 'a{1001}', '((a{100}){100}){100}', '((((a{20}){20}){20}){20}){20}'])(
    '%s is refused by RE2 for its repetitions',
    (text) => {
      expect(() => new Pattern(text)).toThrow(/RE2 syntax.*(invalid repeat count|too large)/);
    },
  );

  test.each([
    ['a{1000}', 71],
    ['(?:.?){1000}', 41],
    ['(?:\\pL{0,1000}){1}', 20],
  ])('%s, %i times over, is refused for its size', (text, times) => {
    expect(() => new Pattern(text.repeat(times))).toThrow(/^expected a smaller regular expression: at most 2500 instr/);
  });

  test('may repeat a thousand times', () => {
    const pattern = new Pattern('.{0,1000}');
    expect(['x'.repeat(1000), 'x'.repeat(1001)].map((value) => pattern.matches(value))).toEqual([true, false]);
  });

  // Each would keep a backtracking engine busy for longer than any test may take.
  test.each(['(a+)+$', '(a|a)*b', '(.*)*x', '((a*)*)*b', '(a?){300}a{300}b', '(?:a|b)*a(?:a|b){500}c'])(
    '%s does not match 4,096 characters',
    (text) => {
      const pattern = new Pattern(text);
      expect(pattern.matches(`${'a'.repeat(4095)}!`)).toBe(false);
      expect(pattern.matches('ab'.repeat(2048).replace(/.$/, '!'))).toBe(false);
    },
  );
});
