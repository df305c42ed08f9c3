import * as z from 'zod';

/** A number and a suffix; a sign is left out, since no amount here is negative. */
const FORM = /^(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/;
const EXPECTED = 'expected a Kubernetes quantity such as 500m or 64Mi, not negative';

/** An amount as Kubernetes writes it (resource.Quantity). A plain number is one too. */
export const Quantity = z.union([z.string().max(32).regex(FORM, EXPECTED), z.number().min(0, EXPECTED)], EXPECTED);
export type Quantity = z.infer<typeof Quantity>;

/** Powers of ten; Ki, Mi … are powers of 1,024. */
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = 'KMGTPE';

/** The value of a Quantity in billionths, the finest that Kubernetes tells apart; a smaller rest is rounded up, as there. */
export function billionths(quantity: Quantity): bigint {
  const [, number = '0', suffix = ''] = FORM.exec(String(quantity)) ?? [];
  const [integer = '', fraction = ''] = number.split('.');
  const binary = suffix.endsWith('i') ? 10n * BigInt(BINARY.indexOf(suffix[0]!) + 1) : 0n;
  const decimal = DECIMAL[suffix] ?? (/^[eE][-+\d]/.test(suffix) ? Number(suffix.slice(1)) : 0);
  const exponent = 9 + decimal - fraction.length;
  const digits = BigInt(integer + fraction) << binary;
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (digits + divisor - 1n) / divisor;
}

export const isWhole = (quantity: Quantity): boolean => billionths(quantity) % 1_000_000_000n === 0n;
