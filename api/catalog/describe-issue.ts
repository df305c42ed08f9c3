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

/**
 * Problems for one of zod's issues: what was expected and what was found, and one problem for each unknown field. Paths begin
 * below the group or `defaults`.
 */
export function describeIssue(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'expected no such field here' }));
  }
  if (issue.code === 'invalid_key') {
    const keyMessage = issue.issues[0]?.message ?? '';
    return [{ path, message: keyMessage.startsWith('expected') ? keyMessage : EXPECTED_NAME }];
  }
  const got = issue.input === undefined || issue.code === 'custom' ? '' : `, got ${formatAt(path, issue.input)}`;
  const message = issue.message.replace(/^Invalid input: |^Too (small|big): /, '').replace(/, received .*$/, '');
  return [{ path, message: `${message}${got}` }];
}

/** Fields of a container that may hold secrets, and so never appear in a message. */
const SECRET_FIELDS = new Set(['env', 'args', 'command']);
/** Where a value of the wrong kind is shown, its fields of these names may be meant as secret ones. */
const HIDDEN_KEYS = new Set([...SECRET_FIELDS, 'container', 'value']);

/** Whether a path is that of a secret field of a container, or of a value in it: of a job, a group or `defaults`. */
export const isSecret = (path: readonly string[]): boolean =>
  path.some((field, index) => SECRET_FIELDS.has(field) && path[index - 1] === 'container');

/** Of a secret value, and of what stands for a whole container, only the kind. */
const formatAt = (path: string[], value: unknown): string =>
  isSecret(path) || path.at(-1) === 'container' ? kindOf(value) : formatValue(value);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a map';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
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
  return `{${fields.map(([key, item]) => `${JSON.stringify(key.slice(0, MAX_LENGTH))}:${HIDDEN_KEYS.has(key) ? '…' : inner(item)}`)}}`;
}
