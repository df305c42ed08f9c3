import type { Parameter } from './config.ts';
import type { Problem } from './problem.ts';

/** UTF-16 code units of a value. The CRD has the same bound. */
export const MAX_LENGTH = 4096;

export interface Resolved {
  /** The run's parameters with defaults, in the order of their declaration. */
  values: Record<string, string>;
  problems: Problem[];
}

/** Checks a caller's values against the group's declarations. A parameter that is not declared is a problem. */
export function resolveParameters(
  declared: ReadonlyMap<string, Parameter>,
  given: Readonly<Record<string, unknown>>,
): Resolved {
  const problems: Problem[] = [];
  const values: [string, string][] = [];
  const problem = (name: string, message: string) => problems.push({ path: `parameters.${name}`, message });
  const undeclared = Object.keys(given).filter((name) => !declared.has(name));
  // The names are listed once: a short request with many unknown names must not get a long response.
  for (const [index, name] of undeclared.entries()) {
    const names = index === 0 ? `one of [${[...declared.keys()].join(', ')}]` : 'one of the same names';
    problem(name.slice(0, 63), `expected ${names}`);
  }
  for (const [name, parameter] of declared) {
    const value = Object.hasOwn(given, name) ? given[name] : parameter.default;
    if (value !== undefined) {
      const wrong = wrongValue(parameter, value);
      if (wrong) problem(name, wrong);
      else values.push([name, value as string]);
    } else if (parameter.required) problem(name, 'expected a value, since it is required');
  }
  return { values: Object.fromEntries(values), problems };
}

/** The problem of a value, or undefined. */
export function wrongValue({ pattern }: Pick<Parameter, 'pattern'>, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'expected a string';
  if (value.length > MAX_LENGTH) return `expected at most ${MAX_LENGTH} characters, got ${value.length}`;
  // An environment variable cannot hold NUL, and a lone surrogate has no UTF-8.
  if (value.includes('\0') || !value.isWellFormed()) return 'expected text without NUL and half characters';
  if (pattern && !pattern.matches(value)) return `expected a text that matches ${pattern.text} as a whole`;
  return undefined;
}
