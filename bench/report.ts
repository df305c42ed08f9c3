import { ratios, type Summary, summary } from './stats.ts';

/** What a figure is to reach: its own median (`value`), or that of its ratio to the limit. */
export interface Goal {
  of: 'value' | 'ratio';
  atMost?: number;
  atLeast?: number;
}

/** One measured figure: a value for each round. */
export interface Row {
  /** Name of the benchmark, such as fanout. */
  benchmark: string;
  what: string;
  unit: string;
  ours: number[];
  /** The same figure of what ours is compared with, in the same rounds. */
  limit?: number[];
  goal?: Goal;
}

/** A row with its figures. */
export interface Result extends Row {
  oursSummary: Summary;
  limitSummary?: Summary;
  /** Ours divided by the limit, round by round. */
  ratio?: Summary;
  /** Whether the median reaches the goal. */
  reached?: boolean;
}

export function toResult(row: Row): Result {
  const oursSummary = summary(row.ours);
  const ratio = row.limit && summary(ratios(row.ours, row.limit));
  const judged = row.goal?.of === 'ratio' ? ratio : oursSummary;
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = row.goal ?? {};
  return {
    ...row,
    oursSummary,
    ...(row.limit && ratio ? { limitSummary: summary(row.limit), ratio } : {}),
    ...(row.goal && judged ? { reached: judged.median <= atMost && judged.median >= atLeast } : {}),
  };
}

/** Three digits, such as 0.29, 14.1 or 6,120. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))));
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 2) });
}

const spread = ({ median, least, most }: Summary): string =>
  Number.isFinite(median) ? `${format(median)} (${format(least)}–${format(most)})` : '';

export function goalText({ of, atMost, atLeast }: Goal): string {
  const bound = atMost === undefined ? `≥ ${format(atLeast!)}` : `≤ ${format(atMost)}`;
  return of === 'ratio' ? `${bound} ×` : bound;
}

const HEADINGS = ['benchmark', 'measured', 'ours', 'limit', 'ratio (least–most)', 'goal', 'reached', 'rounds'];

/** A Markdown table, aligned so that it can be read as text too. */
export function table(results: readonly Result[]): string {
  const rows = results.map((one) => [
    one.benchmark,
    one.unit ? `${one.what}, ${one.unit}` : one.what,
    one.limitSummary ? format(one.oursSummary.median) : spread(one.oursSummary),
    one.limitSummary ? format(one.limitSummary.median) : '',
    one.ratio ? spread(one.ratio) : '',
    one.goal ? goalText(one.goal) : '',
    one.reached === undefined ? '' : one.reached ? 'yes' : 'no',
    String(one.ours.length),
  ]);
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The machine and the version that figures are of. */
export interface About {
  commit: string;
  kubernetes: string;
  node: string;
  cpus: number;
  cpu: string;
  memoryGiB: number;
  /** Load average over a minute when the benchmarks began: more than 0.5 makes seconds doubtful. */
  load: number;
  rounds: number;
}

/** For programs: everything that was measured. */
export const json = (about: About, results: readonly Result[]): string =>
  `${JSON.stringify({ about, results }, null, 2)}\n`;
