import { stringify } from 'yaml';
import { printable } from '../client/printable.ts';
import { usageError } from './exit.ts';
import type { Io } from './io.ts';

export const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** How things of a kind are shown in a table. */
export interface Kind<T> {
  columns: Column<T>[];
  /** What other commands know one by. */
  name(one: T): string;
}

export interface Column<T> {
  title: string;
  value(one: T, now: number): string | number | undefined;
  /** Shown by `-o wide` only. */
  wide?: boolean;
}

/** Prints things: as rows, as the names of them, or `whole` as the service sent it. */
export function print<T>(io: Io, format: Format, kind: Kind<T>, rows: readonly T[], whole: unknown): void {
  if (format === 'json') io.out(`${JSON.stringify(whole, null, 2)}\n`);
  else if (format === 'yaml') io.out(stringify(whole, { aliasDuplicateObjects: false }));
  else if (format === 'name') io.out(rows.map((row) => `${kind.name(row)}\n`).join(''));
  else io.out(table(io, kind, rows, format === 'wide'));
}

/** A row that belongs to a table which was printed before: its columns have the widths of the titles, or `widths`. */
export function printLine<T>(io: Io, format: Format, kind: Kind<T>, row: T): void {
  if (format === 'yaml') throw usageError('Expected -o table, wide, json or name for what is followed, got yaml.');
  if (format === 'json') io.out(`${JSON.stringify(row)}\n`);
  else if (format === 'name') io.out(`${kind.name(row)}\n`);
  else io.out(lines(io, [cells(kind, row, format === 'wide', io.now())]));
}

function table<T>(io: Io, kind: Kind<T>, rows: readonly T[], isWide: boolean): string {
  const titles = kind.columns.filter(({ wide }) => isWide || !wide).map(({ title }) => title);
  return lines(io, [titles, ...rows.map((row) => cells(kind, row, isWide, io.now()))]);
}

const cells = <T>({ columns }: Kind<T>, row: T, isWide: boolean, now: number): string[] =>
  columns.filter(({ wide }) => isWide || !wide).map(({ value }) => oneLine(value(row, now)));

const oneLine = (value: string | number | undefined): string =>
  printable(String(value ?? '')).replace(/\s*\n\s*/g, ' ') || '-';

function lines(io: Io, rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => inColour(io, cell, cell.padEnd(column === row.length - 1 ? 0 : widths[column]!)))
      .join('   ');
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** Numbers of SGR: green, red, yellow, blue. */
const COLOURS: Record<string, number> = { SUCCESS: 32, FAILURE: 31, REVOKED: 33, RETRY: 33, STARTED: 34 };

function inColour({ isOutTerminal, env }: Io, cell: string, padded: string): string {
  const colour = isOutTerminal && !env.NO_COLOR ? COLOURS[cell] : undefined;
  return colour === undefined ? padded : `\x1b[${colour}m${padded}\x1b[0m`;
}
