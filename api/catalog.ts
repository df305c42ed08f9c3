import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type JobDefinition, MAX_JOBS, Name } from '../kube/group-run.ts';
import { DEFAULTS, Defaults, GroupConfig } from './config.ts';

export interface Problem {
  /** Where, such as `groups.group_b.jobs.job_b1.sleep.seconds`. */
  path: string;
  /** From 1. */
  line: number;
  message: string;
}

export interface Group {
  /** In the file's order; empty where there are problems. */
  jobs: JobDefinition[];
  problems: Problem[];
}

/** The groups by name. */
export type Catalog = ReadonlyMap<string, Group>;

/** The file as a whole cannot be used; the message holds one line a problem. */
export class CatalogError extends Error {
  override name = 'CatalogError';
}

export const problemLine = ({ path, line, message }: Problem): string => `${path} (line ${line}): ${message}`;

/**
 * Reads resources/config.yaml. A wrong group keeps its problems, all of them, and harms no other. Throws CatalogError only
 * where the file is no YAML, has no groups or has wrong defaults.
 */
export function parseCatalog(text: string): Catalog {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) throw new CatalogError(document.errors.map((error) => error.message).join('\n'));
  const lineOf = (path: PropertyKey[]): number => {
    // A missing field has no line of its own: then its parent's.
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const problems = (error: z.ZodError, prefix: PropertyKey[]): Problem[] =>
    error.issues
      .flatMap((issue) => described(issue))
      .map(({ path, message }) => {
        const full = [...prefix, ...path];
        return { path: full.join('.'), line: lineOf(full), message };
      });

  const file: unknown = document.toJS();
  if (!isObject(file) || !isObject(file.groups))
    throw new CatalogError('Expected `groups:` with a group for each name.');
  const unknown = Object.keys(file).filter((key) => key !== 'groups' && key !== 'defaults');
  if (unknown.length > 0) throw new CatalogError(`Expected only defaults and groups, got ${unknown.join(', ')}.`);
  const defaults = Defaults.safeParse(file.defaults ?? {}, { reportInput: true });
  if (!defaults.success) throw new CatalogError(problems(defaults.error, ['defaults']).map(problemLine).join('\n'));

  const catalog = new Map<string, Group>();
  for (const [name, value] of Object.entries(file.groups)) {
    const at = ['groups', name];
    const group = GroupConfig.safeParse(value ?? {}, { reportInput: true });
    const found = group.success ? [] : problems(group.error, at);
    const problem = (message: string) => found.push({ path: at.join('.'), line: lineOf(at), message });
    if (!Name.safeParse(name).success) problem('expected a name of letters, digits, "_", "." and "-", at most 63');
    const entries = Object.entries(group.data?.jobs ?? {});
    if (entries.length > MAX_JOBS) problem(`expected at most ${MAX_JOBS} jobs, got ${entries.length}`);
    const jobs = entries.map(
      ([job, config]) => ({ name: job, ...DEFAULTS, ...defaults.data, ...config }) as JobDefinition,
    );
    catalog.set(name, { jobs: found.length > 0 ? [] : jobs, problems: found });
  }
  return catalog;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What was expected and what was found; an unknown field is a problem at that field. */
function described(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'expected no such field here' }));
  }
  const input = JSON.stringify(issue.input)?.slice(0, 100);
  const got = issue.input === undefined || issue.code === 'custom' ? '' : `, got ${input}`;
  const message = issue.message.replace(/^Invalid input: |^Too (small|big): /, '').replace(/, received .*$/, '');
  return [{ path: issue.path, message: `${message}${got}` }];
}
