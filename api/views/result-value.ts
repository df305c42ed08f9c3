/** How deeply a result may be nested to be shown as JSON: one result must not make a whole response unreadable. .NET stops at 64. */
const MAX_DEPTH = 32;
/** The tokens of a valid JSON text but commas and literals. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[[\]{}:]/g;

/**
 * A result as REST shows it: the value, if the text is JSON that loses nothing by parsing (I-JSON, RFC 7493), else the text. So a
 * text stays that has a key twice, half of a surrogate pair, or a number that is not the same as a double.
 */
export function resultValue(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  // By itself, 1.10 is rather a version than a number.
  if (typeof value === 'number' && String(value) !== text.trim()) return text;
  const tokens = Array.from(text.matchAll(TOKEN), ([token]) => token);
  const isSafe = isShallow(tokens) && tokens.every(isLossless) && !hasDuplicates(tokens, value);
  return isSafe ? value : text;
}

function isShallow(tokens: string[]): boolean {
  let depth = 0;
  return tokens.every((token) => {
    if ('[{'.includes(token)) depth += 1;
    if (']}'.includes(token)) depth -= 1;
    return depth <= MAX_DEPTH;
  });
}

function isLossless(token: string): boolean {
  if (token.startsWith('"')) return !token.includes('\\u') || (JSON.parse(token) as string).isWellFormed();
  return '[]{}:'.includes(token) || isExact(token);
}

/** Whether there are more keys in the text than in the value. */
const hasDuplicates = (tokens: string[], value: unknown): boolean =>
  tokens.filter((token) => token === ':').length !== countKeys(value);

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, one) => sum + countKeys(one), own);
}

/** More than any double needs. */
const MAX_NUMBER_LENGTH = 32;

/** Whether a double has the value of this number, and, of an integer, no other integer has the same double. */
function isExact(number: string): boolean {
  const value = Number(number);
  if (number.length > MAX_NUMBER_LENGTH || !Number.isFinite(value)) return false;
  if (/^-?\d+$/.test(number) && !Number.isSafeInteger(value)) return false;
  const written = String(value);
  return number === written || normalForm(number) === normalForm(written);
}

/** Equal for equal numbers, such as 1.50e1 and 15. */
function normalForm(number: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(number)!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${significant ? power : 0}`;
}
