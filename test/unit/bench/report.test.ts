import { expect, test } from '@jest/globals';
import { chart } from '../../../bench/chart.ts';
import { type About, format, json, type Row, table, toResult } from '../../../bench/report.ts';

const ratioRow: Row = {
  benchmark: 'fanout',
  what: 'to the last Job of 3 & <more>',
  unit: 's',
  ours: [2, 4, 3],
  limit: [1, 4, 1],
  goal: { of: 'ratio', atMost: 1.5 },
};
const valueRow: Row = {
  benchmark: 'lag',
  what: 'p50',
  unit: 'ms',
  ours: [20, 10],
  goal: { of: 'value', atMost: 30 },
};

test('the ratio is the median of the ratios of the rounds, not the ratio of the medians', () => {
  expect(toResult(ratioRow).ratio).toEqual({ median: 2, least: 1, most: 3 });
});

test.each<[string, Partial<Row>, boolean | undefined]>([
  ['a ratio above its goal', {}, false],
  ['a ratio at its goal', { goal: { of: 'ratio', atMost: 2 } }, true],
  ['a ratio below one that it must reach', { goal: { of: 'ratio', atLeast: 2.1 } }, false],
  ['a value within its goal', { goal: { of: 'value', atMost: 3 } }, true],
])('%s is judged', (_, fields, expected) => {
  expect(toResult({ ...ratioRow, ...fields }).reached).toBe(expected);
});

test('a figure without a goal is not judged', () => {
  const { goal: _, ...row } = ratioRow;
  expect(toResult(row)).not.toHaveProperty('reached');
});

test.each([
  [0.0312, '0.03'],
  [0.291, '0.29'],
  [1.974, '1.97'],
  [14.12, '14.1'],
  [727.6, '728'],
  [6123.4, '6,123'],
  [-32.16, '-32.2'],
  [0, '0'],
  [Number.NaN, '–'],
])('%d is shown as %s', (value, text) => {
  expect(format(value)).toBe(text);
});

test('the table has a line for each figure, with its spread and goal', () => {
  const lines = table([ratioRow, valueRow].map(toResult)).split('\n');
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  expect(lines).toHaveLength(4);
  expect(cells(lines[2]!)).toEqual([
    '',
    'fanout',
    'to the last Job of 3 & <more>, s',
    '3',
    '1',
    '2 (1–3)',
    '≤ 1.5 ×',
    'no',
    '3',
    '',
  ]);
  expect(cells(lines[3]!)).toEqual(['', 'lag', 'p50, ms', '15 (10–20)', '', '', '≤ 30', 'yes', '2', '']);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test('a ratio to nothing is left empty', () => {
  const { goal: _, ...row } = ratioRow;
  expect(table([toResult({ ...row, limit: [0, 0, 0] })]).split('\n')[2]).toMatch(/\| 3 +\| 0 +\| +\| +\| +\| 3 +\|$/);
});

test('the JSON has the figure of every round', () => {
  const { results } = JSON.parse(json({ commit: 'abc' } as About, [toResult(ratioRow)]));
  expect(results[0]).toMatchObject({ ours: [2, 4, 3], limit: [1, 4, 1], ratio: { median: 2 }, reached: false });
});

/** The names of elements that a text opens, each of which it closes in the right order. Throws where XML would not parse. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<&]*")*)\s*(\/?)>/g,
    (_, end, name, _attributes, empty) => {
      if (end) expect(open.pop()).toBe(name);
      else names.push(name);
      if (!end && !empty) open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
  return names;
}

test('the chart is XML with a bar for each ratio, and a mark for each goal', () => {
  const svg = chart(
    [ratioRow, { ...ratioRow, benchmark: 'status', goal: { of: 'ratio', atLeast: 0.5 } } as Row, valueRow].map(
      toResult,
    ),
  );
  const names = elements(svg);
  expect(names[0]).toBe('svg');
  expect(names.filter((name) => name === 'rect')).toHaveLength(2);
  expect(svg.match(/class="goal"/g)).toHaveLength(2);
  expect(svg).toContain('to the last Job of 3 &amp; &lt;more&gt;');
});

test('the chart has colours for a dark page', () => {
  expect(chart([toResult(ratioRow)])).toContain('@media (prefers-color-scheme: dark)');
});

test('the chart leaves out what has no goal, and ratios to nothing', () => {
  const { goal: _, ...without } = ratioRow;
  const svg = chart([without, { ...ratioRow, limit: [0, 0, 0] }].map(toResult));
  expect(elements(svg)).not.toContain('rect');
});

test('a ratio beyond the chart ends at its edge', () => {
  const at = (most: number) => chart([toResult({ ...ratioRow, ours: [most, most, most], limit: [1, 1, 1] })]);
  expect(/<rect[^>]* width="(\d+)"/.exec(at(100))![1]).toBe(/<rect[^>]* width="(\d+)"/.exec(at(4))![1]);
});
