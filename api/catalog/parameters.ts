import { createContext, Script } from 'node:vm';
import type { Parameter } from './config.ts';
import type { Problem } from './problem.ts';

/** Characters of a value; the CRD has the same bound. */
export const MAX_LENGTH = 4096;
/** Nothing honest takes longer; an unlucky pattern would otherwise hold up every other request. */
const PATTERN_MS = 50;
const sandbox = createContext(Object.create(null));

export interface Resolved {
  /** What the run is given: defaults filled in, in the order of their declaration. */
  values: Record<string, string>;
  problems: Problem[];
}

/** Checks what a caller gives against what a group declares. Whatever is not declared is a problem. */
export function resolveParameters(
  declared: ReadonlyMap<string, Parameter>,
  given: Readonly<Record<string, unknown>>,
): Resolved {
  const problems: Problem[] = [];
  const values: [string, string][] = [];
  const problem = (name: string, message: string) => problems.push({ path: `parameters.${name}`, message });
  for (const name of Object.keys(given)) {
    if (!declared.has(name)) problem(name.slice(0, 63), `expected one of [${[...declared.keys()].join(', ')}]`);
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

/** What is wrong with a value, or undefined. */
export function wrongValue({ pattern }: Parameter, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'expected a string';
  if (value.length > MAX_LENGTH) return `expected at most ${MAX_LENGTH} characters, got ${value.length}`;
  // An environment variable cannot hold the first; the second is no text.
  if (value.includes('\0') || !value.isWellFormed()) return 'expected text without NUL and half characters';
  if (pattern !== undefined && !matches(pattern, value)) return `expected a text that matches ${pattern} as a whole`;
  return undefined;
}

/** Whether the whole value matches. A match that takes too much work is none. */
function matches(pattern: string, value: string): boolean {
  const script = new Script(`new RegExp(${JSON.stringify(`^(?:${pattern})$`)}, 'u').test(${JSON.stringify(value)})`);
  const from = process.cpuUsage();
  for (;;) {
    try {
      return script.runInContext(sandbox, { timeout: PATTERN_MS }) === true;
    } catch (error) {
      // The clock went on: on a busy machine that need not mean that any work was done.
      const isLate = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
      if (!isLate || process.cpuUsage(from).user >= PATTERN_MS * 1000) return false;
    }
  }
}
