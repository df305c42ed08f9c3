import { expect, test } from '@jest/globals';
import { jestArguments } from '../../../scripts/jest-arguments.ts';

test.each<[string, string[], string[], string[]]>([
  ['without words all files of the rings', ['unit', 'e2e'], [], ['test/unit/', 'test/e2e/']],
  ['with the name of a file that file, not its whole ring', ['e2e'], ['cancel'], ['test/e2e/.*cancel']],
  ['with several names each of them', ['e2e'], ['cancel', 'crash'], ['test/e2e/.*cancel', 'test/e2e/.*crash']],
  ['with options all files', ['unit'], ['-t', 'words of a name'], ['test/unit/', '-t', 'words of a name']],
  ['with both, options last', ['unit'], ['sse', '-t', 'words'], ['test/unit/.*sse', '-t', 'words']],
])('Jest gets %s', (_what, rings, words, expected) => {
  expect(jestArguments(rings, words)).toEqual(expected);
});
