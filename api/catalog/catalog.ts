import type { z } from 'zod';
import { type JobDefinition, MAX_JOBS, Name } from '../../contract/group-run.ts';
import { errorMessage } from '../../process/log.ts';
import { DEFAULTS, Defaults, GroupConfig, MAX_PARAMETERS, type Parameter } from './config.ts';
import { wrongValue } from './parameters.ts';
import { formatProblem, type Problem } from './problem.ts';
import { YamlFile, type YamlPosition } from './yaml-file.ts';

/** A group of jobs, as config.yaml declares it. */
export interface Group {
  /** In the file's order; empty if there are problems. */
  jobs: JobDefinition[];
  problems: Problem[];
  parallelism?: number;
  /** In the file's order; empty if there are problems. */
  parameters: ReadonlyMap<string, Parameter>;
  /** Names of the permitted callers and `group:NAME` of groups of them. Empty, so no caller, if the field is invalid. */
  allow?: string[];
}

/** Groups by name. */
export type Catalog = ReadonlyMap<string, Group>;

const EXPECTED_NAME = 'expected a name of letters, digits, "_", "." and "-", at most 63';

/** The whole file is unusable; the message has one line per problem. */
export class CatalogError extends Error {
  override name = 'CatalogError';
}

/**
 * Parses the text of config.yaml. An invalid group holds all its problems, and other groups stay usable. Throws CatalogError
 * only if the text is not YAML, has no groups, or has an error outside of them.
 */
export function parseCatalog(text: string): Catalog {
  const { yaml, file } = read(text);
  if (!isObject(file) || !isObject(file.groups))
    throw new CatalogError('Expected `groups:` with a group for each name.');
  const keys = yaml.keys([]);
  const unknown = keys.filter((key) => key !== 'groups' && key !== 'defaults');
  if (unknown.length > 0) throw new CatalogError(`Expected only defaults and groups, got ${unknown.join(', ')}.`);
  const duplicates = yaml.duplicates([]);
  const groupOf = ({ path }: YamlPosition) => (path[0] === 'groups' ? path[1] : undefined);
  const parsed = Defaults.safeParse(file.defaults ?? {}, { reportInput: true });
  const fileProblems = duplicates.filter((position) => groupOf(position) === undefined).map(duplicateKey);
  if (!parsed.success) fileProblems.push(...toProblems(yaml, parsed.error, ['defaults']));
  if (fileProblems.length > 0) throw new CatalogError(fileProblems.map(formatProblem).join('\n'));

  const { groups } = file;
  const group = (name: string): Group => {
    const groupDuplicates = duplicates.filter((position) => groupOf(position) === name).map(duplicateKey);
    return parseGroup(yaml, name, groups[name], parsed.data ?? {}, groupDuplicates);
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

function parseGroup(yaml: YamlFile, name: string, value: unknown, defaults: Defaults, problems: Problem[]): Group {
  const groupPath = ['groups', name];
  const group = GroupConfig.safeParse(value ?? {}, { reportInput: true });
  if (!group.success) problems.push(...toProblems(yaml, group.error, groupPath));
  const problem = (path: string[], message: string) =>
    problems.push({ path: path.join('.'), line: yaml.line(path), message });
  if (!Name.safeParse(name).success) problem(groupPath, EXPECTED_NAME);
  const jobNames = yaml.keys([...groupPath, 'jobs']);
  const parameterNames = yaml.keys([...groupPath, 'parameters']);
  // zod silently drops this one key.
  if (jobNames.includes('__proto__')) problem([...groupPath, 'jobs', '__proto__'], EXPECTED_NAME);
  if (parameterNames.includes('__proto__')) problem([...groupPath, 'parameters', '__proto__'], EXPECTED_NAME);
  if (parameterNames.length > MAX_PARAMETERS) problem(groupPath, `expected at most ${MAX_PARAMETERS} parameters`);
  for (const [parameter, { pattern, default: defaultValue }] of Object.entries(group.data?.parameters ?? {})) {
    const wrong = defaultValue === undefined ? undefined : wrongValue({ pattern }, defaultValue);
    if (wrong) problem([...groupPath, 'parameters', parameter, 'default'], wrong);
  }
  if (jobNames.length > MAX_JOBS) problem(groupPath, `expected at most ${MAX_JOBS} jobs, got ${jobNames.length}`);
  if (problems.length > 0 || !group.data) return { jobs: [], problems, parameters: new Map(), ...parseAllow(value) };
  const { jobs, parallelism, parameters } = group.data;
  return {
    jobs: jobNames.map((job) => ({ name: job, ...DEFAULTS, ...defaults, ...jobs?.[job] }) as JobDefinition),
    problems: [],
    parameters: new Map(parameterNames.map((parameter) => [parameter, parameters![parameter]!])),
    ...(parallelism && { parallelism }),
    ...parseAllow(value),
  };
}

/** The group's `allow`, even if the group is invalid: otherwise every caller could see its earlier runs. */
function parseAllow(value: unknown): { allow?: string[] } {
  if (!isObject(value) || !('allow' in value)) return {};
  return { allow: GroupConfig.shape.allow.safeParse(value.allow).data ?? [] };
}

const toProblems = (yaml: YamlFile, error: z.ZodError, prefix: PropertyKey[]): Problem[] =>
  error.issues
    .flatMap((issue) => describeIssue(issue))
    .map(({ path, message }) => {
      const full = [...prefix, ...path];
      return { path: full.join('.'), line: yaml.line(full), message };
    });

const duplicateKey = ({ path, line }: YamlPosition): Problem => ({
  path: path.join('.'),
  line,
  message: 'expected this only once',
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Problems for one of zod's issues: what was expected and what was found, and one problem for each unknown field. */
function describeIssue(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'expected no such field here' }));
  }
  if (issue.code === 'invalid_key') {
    const keyMessage = issue.issues[0]?.message ?? '';
    return [{ path: issue.path, message: keyMessage.startsWith('expected') ? keyMessage : EXPECTED_NAME }];
  }
  const got = issue.input === undefined || issue.code === 'custom' ? '' : `, got ${formatValue(issue.input)}`;
  const message = issue.message.replace(/^Invalid input: |^Too (small|big): /, '').replace(/, received .*$/, '');
  return [{ path: issue.path, message: `${message}${got}` }];
}

function formatValue(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, 100);
  } catch {
    return 'something that contains itself';
  }
}
