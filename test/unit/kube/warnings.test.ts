import { describe, expect, test } from '@jest/globals';
import { warningLog, warningTexts } from '../../../kube/warnings.ts';

/** As undici reads what the API server writes. */
const received = (header: string) => Buffer.from(header).toString('latin1');

describe('the texts of a Warning header', () => {
  test.each<[string, string | string[] | undefined, string[]]>([
    ['that is absent', undefined, []],
    ['of one warning', '299 - "deprecated"', ['deprecated']],
    [
      'with escapes',
      '299 - "value \\"128m\\" of a\\\\b is invalid, really"',
      ['value "128m" of a\\b is invalid, really'],
    ],
    ['of several warnings', '299 - "one, two", 299 host:80 "three",299 - "four"', ['one, two', 'three', 'four']],
    ['with a date', '112 - "old" "Wed, 25 Nov 2026 12:00:00 GMT", 299 - "new"', ['old', 'new']],
    ['that is given twice', ['299 - "one"', '299 - "two"'], ['one', 'two']],
    ['in UTF-8', received('299 - "größer als 2 µs"'), ['größer als 2 µs']],
    ['with an empty text', '299 - ""', ['']],
    ['that breaks off', '299 - "one", 299 - "two', ['one']],
    ['that is malformed', ['deprecated', '299 "no agent"', '99 - "short code"', '299 - "a" b', ''], []],
  ])('%s', (_what, header, texts) => {
    expect(warningTexts(header)).toEqual(texts);
  });
});

describe('a warning', () => {
  const logger = () => {
    const logged: unknown[] = [];
    return { logged, warn: warningLog((_message, fields) => void logged.push(fields?.warning)) };
  };

  test('is logged once, with the call', () => {
    const lines: unknown[] = [];
    const warn = warningLog((...line) => void lines.push(line));
    warn('POST /jobs', '299 - "a"');
    warn('POST /pods', ['299 - "a"', '299 - "b"']);
    warn('GET /pods', undefined);
    expect(lines).toEqual([
      ['the API server warned', { call: 'POST /jobs', warning: 'a' }, 'warn'],
      ['the API server warned', { call: 'POST /pods', warning: 'b' }, 'warn'],
    ]);
  });

  test('is remembered while it recurs, and forgotten after hundreds of others', () => {
    const { logged, warn } = logger();
    for (let i = 0; i < 1000; i++) {
      warn('', `299 - "other ${i}"`);
      warn('', '299 - "recurs"');
    }
    expect(logged.filter((text) => text === 'recurs')).toHaveLength(1);
    warn('', '299 - "other 0"');
    expect(logged.filter((text) => text === 'other 0')).toHaveLength(2);
    warn('', '299 - "other 999"');
    expect(logged.filter((text) => text === 'other 999')).toHaveLength(1);
  });
});
