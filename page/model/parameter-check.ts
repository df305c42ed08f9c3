import type { GroupView } from '../../client/views.ts';

type Parameter = GroupView['parameters'][string];

/**
 * What is wrong with a value as typed; undefined if nothing, or if only the service can tell: its patterns are RE2, and some of
 * them JavaScript cannot read. An empty field is a parameter that is not given.
 */
export function wrongValue({ required, pattern }: Parameter, value: string): string | undefined {
  if (value === '') return required ? 'A value is required.' : undefined;
  if (value.length > 4096) return `Expected at most 4,096 characters, got ${value.length.toLocaleString('en')}.`;
  const expression = pattern === undefined ? undefined : compile(pattern);
  return expression && !expression.test(value) ? `Expected a text that matches ${pattern}` : undefined;
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    return undefined;
  }
}

/** The parameters to send: those that are filled in. */
export const givenValues = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
