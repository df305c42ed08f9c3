import type { z } from 'zod';
import { type JobDefinition, MAX_JOBS, Name } from '../../contract/group-run.ts';
import { errorMessage } from '../../process/log.ts';
import { DEFAULTS, Defaults, GroupConfig, MAX_PARAMETERS, type Parameter } from './config.ts';
import { wrongValue } from './parameters.ts';
import { formatProblem, type Problem } from './problem.ts';
import { YamlFile, type YamlPosition } from './yaml-file.ts';

export interface Group {
  /** In the file's order; empty where there are problems. */
  jobs: JobDefinition[];
  problems: Problem[];
  parallelism?: number;
  /** In the file's order; empty where there are problems. */
  parameters: ReadonlyMap<string, Parameter>;
  /** The only callers, or groups of them, that it is for; nobody where it is wrong. */
  allow?: string[];
}

/** The groups by name. */
export type Catalog = ReadonlyMap<string, Group>;

const EXPECTED_NAME = 'expected a name of letters, digits, "_", "." and "-", at most 63';

/** The file as a whole cannot be used; the message holds one line a problem. */
export class CatalogError extends Error {
  override name = 'CatalogError';
}

/**
 * Reads resources/config.yaml. A wrong group keeps its problems, all of them, and harms no other. Throws CatalogError only
 * where the file is no YAML, has no groups or has wrong defaults.
 */
export function parseCatalog(text: string): Catalog {
  const { yaml, file } = read(text);
  if (!isObject(file) || !isObject(file.groups))
    throw new CatalogError('Expected `groups:` with a group for each name.');
  const keys = yaml.keys([]);
  const unknown = keys.filter((key) => key !== 'groups' && key !== 'defaults');
  if (unknown.length > 0) throw new CatalogError(`Expected only defaults and groups, got ${unknown.join(', ')}.`);
  const repeated = yaml.duplicates([]);
  const groupOf = ({ path }: YamlPosition) => (path[0] === 'groups' ? path[1] : undefined);
  const parsed = Defaults.safeParse(file.defaults ?? {}, { reportInput: true });
  const general = repeated.filter((place) => groupOf(place) === undefined).map(repetition);
  if (!parsed.success) general.push(...problems(yaml, parsed.error, ['defaults']));
  if (general.length > 0) throw new CatalogError(general.map(formatProblem).join('\n'));

  const { groups } = file;
  const group = (name: string): Group => {
    const again = repeated.filter((place) => groupOf(place) === name).map(repetition);
    return parseGroup(yaml, name, groups[name], parsed.data ?? {}, again);
  };
  return new Map(yaml.keys(['groups']).map((name) => [name, group(name)]));
}

function read(text: string): { yaml: YamlFile; file: unknown } {
  try {
    const yaml = new YamlFile(text);
    return { yaml, file: yaml.value() };
  } catch (error) {
    throw new CatalogError(errorMessage(error));
  }
}

function parseGroup(yaml: YamlFile, name: string, value: unknown, defaults: Defaults, found: Problem[]): Group {
  const at = ['groups', name];
  const group = GroupConfig.safeParse(value ?? {}, { reportInput: true });
  if (!group.success) found.push(...problems(yaml, group.error, at));
  const problem = (path: string[], message: string) =>
    found.push({ path: path.join('.'), line: yaml.line(path), message });
  if (!Name.safeParse(name).success) problem(at, EXPECTED_NAME);
  const names = yaml.keys([...at, 'jobs']);
  const declared = yaml.keys([...at, 'parameters']);
  // zod leaves this one key out in silence.
  if (names.includes('__proto__')) problem([...at, 'jobs', '__proto__'], EXPECTED_NAME);
  if (declared.includes('__proto__')) problem([...at, 'parameters', '__proto__'], EXPECTED_NAME);
  if (declared.length > MAX_PARAMETERS) problem(at, `expected at most ${MAX_PARAMETERS} parameters`);
  for (const [parameter, { pattern, default: value }] of Object.entries(group.data?.parameters ?? {})) {
    const wrong = value === undefined ? undefined : wrongValue({ pattern }, value);
    if (wrong) problem([...at, 'parameters', parameter, 'default'], wrong);
  }
  if (names.length > MAX_JOBS) problem(at, `expected at most ${MAX_JOBS} jobs, got ${names.length}`);
  if (found.length > 0 || !group.data) return { jobs: [], problems: found, parameters: new Map(), ...allowOf(value) };
  const { jobs, parallelism, parameters } = group.data;
  return {
    jobs: names.map((job) => ({ name: job, ...DEFAULTS, ...defaults, ...jobs?.[job] }) as JobDefinition),
    problems: [],
    parameters: new Map(declared.map((parameter) => [parameter, parameters![parameter]!])),
    ...(parallelism && { parallelism }),
    ...allowOf(value),
  };
}

/** Also of a group with problems: its earlier runs are not to be seen by everybody because of them. */
function allowOf(value: unknown): { allow?: string[] } {
  if (!isObject(value) || !('allow' in value)) return {};
  return { allow: GroupConfig.shape.allow.safeParse(value.allow).data ?? [] };
}

const problems = (yaml: YamlFile, error: z.ZodError, prefix: PropertyKey[]): Problem[] =>
  error.issues
    .flatMap((issue) => described(issue))
    .map(({ path, message }) => {
      const full = [...prefix, ...path];
      return { path: full.join('.'), line: yaml.line(full), message };
    });

const repetition = ({ path, line }: YamlPosition): Problem => ({
  path: path.join('.'),
  line,
  message: 'expected this only once',
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What was expected and what was found; an unknown field is a problem at that field. */
function described(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'expected no such field here' }));
  }
  if (issue.code === 'invalid_key') {
    const said = issue.issues[0]?.message ?? '';
    return [{ path: issue.path, message: said.startsWith('expected') ? said : EXPECTED_NAME }];
  }
  const got = issue.input === undefined || issue.code === 'custom' ? '' : `, got ${shown(issue.input)}`;
  const message = issue.message.replace(/^Invalid input: |^Too (small|big): /, '').replace(/, received .*$/, '');
  return [{ path: issue.path, message: `${message}${got}` }];
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, 100);
  } catch {
    return 'something that contains itself';
  }
}
