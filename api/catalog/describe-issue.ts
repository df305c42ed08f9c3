import type { z } from 'zod';

export const EXPECTED_NAME = 'expected a name of letters, digits, "_", "." and "-", at most 63';

/** Something wrong at a path of the file. */
export interface Issue {
  path: string[];
  message: string;
}

/** The parts of a value that a message shows. */
const MAX_LENGTH = 100;
const MAX_DEPTH = 4;

/** Problems for one of zod's issues: what was expected and what was found, and one problem for each unknown field. */
export function describeIssue(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'expected no such field here' }));
  }
  if (issue.code === 'invalid_key') {
    const keyMessage = issue.issues[0]?.message ?? '';
    return [{ path, message: keyMessage.startsWith('expected') ? keyMessage : EXPECTED_NAME }];
  }
  const got = issue.input === undefined || issue.code === 'custom' ? '' : `, got ${formatValue(issue.input)}`;
  const message = issue.message.replace(/^Invalid input: |^Too (small|big): /, '').replace(/, received .*$/, '');
  return [{ path, message: `${message}${got}` }];
}

/** The first 100 characters of a value, as JSON with YAML's names for the numbers that JSON does not have. */
export const formatValue = (value: unknown): string => format(value, MAX_DEPTH).slice(0, MAX_LENGTH);

function format(value: unknown, depth: number): string {
  if (typeof value === 'number' && Number.isNaN(value)) return '.nan';
  if (value === Number.POSITIVE_INFINITY) return '.inf';
  if (value === Number.NEGATIVE_INFINITY) return '-.inf';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_LENGTH));
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth === 0) return '…';
  const inner = (item: unknown) => format(item, depth - 1);
  if (Array.isArray(value)) return `[${value.slice(0, MAX_LENGTH).map(inner)}]`;
  const fields = Object.entries(value).slice(0, MAX_LENGTH);
  return `{${fields.map(([key, item]) => `${JSON.stringify(key.slice(0, MAX_LENGTH))}:${inner(item)}`)}}`;
}
