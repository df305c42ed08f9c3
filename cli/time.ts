import { usageError } from './exit.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a length of time such as `90s`, `10m`, `2h` or `7d`. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (!unit) throw usageError(`Expected a length of time such as 90s, 10m, 2h or 7d, got ${text}.`);
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}

/** The time between two moments in the largest unit, as kubectl shows an age: `42s`, `7m`, `3h`, `2d`. */
export function formatAge(from: string | undefined, to: number): string | undefined {
  if (from === undefined) return undefined;
  const ms = Math.max(0, to - Date.parse(from));
  const [unit, size] = (['d', 'h', 'm'] as const)
    .map((one) => [one, UNITS[one]] as const)
    .find(([, one]) => ms >= one) ?? ['s', UNITS.s];
  return `${Math.floor(ms / size)}${unit}`;
}
