import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable } from '../../../client/printable.ts';
import { LineSplitter, piecesOf } from '../../../page/model/log-lines.ts';

const ESC = '\u001b';

test('lines are the same, however the text is cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'bc', '\n', '\n\n', 'd\n')), (pieces) => {
      const splitter = new LineSplitter();
      const lines = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
      const text = pieces.join('');
      expect(lines.join('\n') + (text.endsWith('\n') ? '\n' : '')).toBe(text);
    }),
  );
});

test.each([
  ['plain', [{ text: 'plain', look: '' }]],
  ['', []],
  [
    `${ESC}[31mred${ESC}[0m and not`,
    [
      { text: 'red', look: 'ansi-red' },
      { text: ' and not', look: '' },
    ],
  ],
  [`${ESC}[1;92mok`, [{ text: 'ok', look: 'ansi-bright-green bold' }]],
  [`${ESC}[41m!`, [{ text: '!', look: 'ansi-red-bg' }]],
  ['10 %\r55 %\r100 %', [{ text: '100 %', look: '' }]],
  ['windows\r', [{ text: 'windows', look: '' }]],
  [`${ESC}]0;title\u0007text${ESC}[2K`, [{ text: 'text', look: '' }]],
  ['<script>alert(1)</script>', [{ text: '<script>alert(1)</script>', look: '' }]],
  ['a\u202eb', [{ text: 'a⟨202E⟩b', look: '' }]],
])('the line %j is shown as %j', (line, pieces) => {
  expect(piecesOf(line)).toEqual(pieces);
});

test('no line makes a class that the style sheet does not have', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string(),
          fc.nat(300).map((code) => `${ESC}[${code}m`),
        ),
      ),
      (parts) => {
        for (const { look } of piecesOf(parts.join(''))) {
          expect(look).toMatch(
            /^((ansi-(bright-)?(black|red|green|yellow|blue|magenta|cyan|white)(-bg)?|bold|dim|underline)( |$))*$/,
          );
        }
      },
    ),
  );
});

test('a long line is cut', () => {
  expect(piecesOf('x'.repeat(20_000))[0]!.text).toHaveLength(10_002);
});

test('hidden characters are shown as their numbers, others as they are', () => {
  expect(printable('a\tb\n\u0000\u061c\u200b\u2066 é 漢字 😀 שלום')).toBe(
    'a\tb\n⟨0000⟩⟨061C⟩⟨200B⟩⟨2066⟩ é 漢字 😀 שלום',
  );
});
