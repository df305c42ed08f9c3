import type { z } from 'zod';
import { MAX_JOBS } from '../../contract/group-run.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { Name } from '../../contract/name.ts';
import { needsProblems } from '../../contract/needs.ts';
import { errorMessage } from '../../process/log.ts';
import { beyondBounds } from './beyond-bounds.ts';
import { type Bounds, NO_BOUNDS } from './bounds.ts';
import { CatalogError } from './catalog-error.ts';
import { Defaults, GroupConfig, MAX_PARAMETERS, type Parameter } from './config.ts';
import { deadlineWarnings } from './deadlines.ts';
import { describeIssue, EXPECTED_NAME, formatValue, type Issue, isSecret } from './describe-issue.ts';
import { fileModes } from './file-modes.ts';
import { wrongValue } from './parameters.ts';
import { formatPath, formatProblem, type Problem } from './problem.ts';
import { resolveJob, whereWritten } from './resolve-job.ts';
import { listFirst, readYaml, YamlError } from './yaml-file.ts';
import { keysOf, lineOf, type YamlNode } from './yaml-node.ts';
import type { YamlProblem } from './yaml-tree.ts';

/** A group of jobs, as config.yaml declares it. */
export interface Group {
  /** In the file's order; empty if there are problems. */
  jobs: JobDefinition[];
  problems: Problem[];
  /** What is likely a mistake; the group can be triggered. Empty if there are problems. */
  warnings: Problem[];
  parallelism?: number;
  /** Whether the failure of a job stops the others; continue if not given. */
  onFailure?: 'continue' | 'cancel';
  /** In the file's order; empty if there are problems. */
  parameters: ReadonlyMap<string, Parameter>;
  /** Names of the permitted callers and `group:NAME` of groups of them. Empty, so no caller, if the field is invalid. */
  allow?: string[];
}

/** Groups by name. */
export type Catalog = ReadonlyMap<string, Group>;

/**
 * Parses the text of config.yaml, in time linear in its size. An invalid group holds all its problems, and other groups stay
 * usable. What is beyond `bounds` is a problem too. Throws CatalogError only if the text is not YAML, has no groups, or has an error outside of them.
 */
export function parseCatalog(text: string, bounds: Bounds = NO_BOUNDS): Catalog {
  const { root, problems: found } = read(text);
  const problems = found.map(withoutSecret);
  const groups = root.children.get('groups')?.children ?? new Map<string, YamlNode>();
  const ofGroup = Map.groupBy(problems, ({ path: [first, name = ''] }) =>
    first === 'groups' && groups.has(name) ? name : undefined,
  );
  const { defaults, problems: fileProblems } = parseFile(root, ofGroup.get(undefined) ?? []);
  if (fileProblems.length > 0) {
    throw new CatalogError(listFirst(fileProblems.map(({ text }) => text)), fileProblems[0]?.line);
  }
  return new Map(
    [...groups].map(([name, { value }]) => [
      name,
      parseGroup(root, name, value, { defaults, bounds }, ofGroup.get(name) ?? []),
    ]),
  );
}

function read(text: string): ReturnType<typeof readYaml> {
  try {
    return readYaml(text);
  } catch (error) {
    throw new CatalogError(errorMessage(error), error instanceof YamlError ? error.line : undefined);
  }
}

interface FileProblem {
  line?: number | undefined;
  text: string;
}

/** What stands outside of groups; `yamlProblems` are those there. */
function parseFile(root: YamlNode, yamlProblems: YamlProblem[]): { defaults: Defaults; problems: FileProblem[] } {
  const { groups, defaults, ...unknown } = isObject(root.value) ? root.value : {};
  const parsed = Defaults.safeParse(defaults ?? {}, { reportInput: true });
  const issues: Issue[] = parsed.success ? [] : issuesOf(parsed.error, ['defaults']);
  const problems: FileProblem[] = [...yamlProblems, ...located(root, issues, yamlProblems)]
    .map(toProblem)
    .map((problem) => ({ line: problem.line, text: formatProblem(problem) }));
  const [first, ...others] = Object.keys(unknown).slice(0, 20);
  if (first !== undefined) {
    const names = [first, ...others].map((key) => `${formatPath([key])} (line ${lineOf(root, [key])})`);
    const text = `Expected only defaults and groups, got ${names.join(', ')}.`;
    problems.push({ line: lineOf(root, [first]), text });
  } else if (!isObject(groups) && problems.length === 0) {
    const line = lineOf(root, ['groups']);
    const got = `${formatValue(groups ?? root.value)} (line ${line})`;
    problems.push({ line, text: `Expected \`groups:\` with a group for each name, got ${got}.` });
  }
  return { defaults: parsed.data ?? {}, problems };
}

/** `yamlProblems` are those of the group. */
function parseGroup(
  root: YamlNode,
  name: string,
  value: unknown,
  { defaults, bounds }: { defaults: Defaults; bounds: Bounds },
  yamlProblems: YamlProblem[],
): Group {
  const groupPath = ['groups', name];
  const group = GroupConfig.safeParse(value ?? {}, { reportInput: true });
  const issues: Issue[] = group.success ? [] : issuesOf(group.error, groupPath);
  const issue = (path: string[], message: string) => issues.push({ path: [...groupPath, ...path], message });
  if (!Name.safeParse(name).success) issue([], EXPECTED_NAME);
  const node = root.children.get('groups')?.children.get(name);
  issues.push(...fileModes(node, groupPath));
  const jobNames = keysOf(node?.children.get('jobs'));
  const parameterNames = keysOf(node?.children.get('parameters'));
  // zod silently drops this one key.
  if (jobNames.includes('__proto__')) issue(['jobs', '__proto__'], EXPECTED_NAME);
  if (parameterNames.includes('__proto__')) issue(['parameters', '__proto__'], EXPECTED_NAME);
  if (parameterNames.length > MAX_PARAMETERS)
    issue([], `expected at most ${MAX_PARAMETERS} parameters, got ${parameterNames.length}`);
  for (const [parameter, { pattern, default: defaultValue }] of Object.entries(group.data?.parameters ?? {})) {
    const wrong = defaultValue === undefined ? undefined : wrongValue({ pattern }, defaultValue);
    if (wrong) issue(['parameters', parameter, 'default'], wrong);
  }
  if (jobNames.length > MAX_JOBS) issue([], `expected at most ${MAX_JOBS} jobs, got ${jobNames.length}`);
  const ordered = jobNames.map((job) => ({ name: job, needs: group.data?.jobs?.[job]?.needs }));
  for (const { job, need, message } of needsProblems(ordered))
    issue(['jobs', jobNames[job]!, 'needs', String(need)], message);
  const problems = [...yamlProblems, ...located(root, issues, yamlProblems)].map(toProblem);
  // The value of a wrong alias is unknown, and so is its `allow`.
  const allow = value === null && yamlProblems.length > 0 ? { allow: [] } : parseAllow(value);
  const unusable = (found: Problem[]) => ({ jobs: [], problems: found, warnings: [], parameters: new Map(), ...allow });
  if (problems.length > 0 || !group.data) return unusable(problems);
  const { jobs: definitions, parallelism, onFailure, parameters } = group.data;
  const jobs = jobNames.map((job) => resolveJob(job, definitions![job]!, group.data, defaults));
  const beyond = jobs.flatMap((job) =>
    beyondBounds(job, bounds).map(({ path, message }) => ({
      path: whereWritten(path, [...groupPath, 'jobs', job.name], definitions![job.name]!, groupPath, group.data),
      message,
    })),
  );
  if (beyond.length > 0) return unusable(distinct(located(root, beyond).map(toProblem)));
  return {
    jobs,
    problems,
    warnings: located(root, deadlineWarnings(groupPath, jobs)).map(toProblem),
    parameters: new Map(parameterNames.map((parameter) => [parameter, parameters![parameter]!])),
    ...(parallelism && { parallelism }),
    ...(onFailure && { onFailure }),
    ...allow,
  };
}

/** The group's `allow`, even if the group is invalid: otherwise every caller could see its earlier runs. */
function parseAllow(value: unknown): { allow?: string[] } {
  if (!isObject(value) || !('allow' in value)) return {};
  return { allow: GroupConfig.shape.allow.safeParse(value.allow).data ?? [] };
}

/** A tag or alias in a secret field may be a password that begins with ! or *. */
const withoutSecret = (problem: YamlProblem): YamlProblem =>
  isSecret(problem.path) ? { ...problem, message: problem.message.replace(/, got .*$/s, '') } : problem;

const issuesOf = (error: z.ZodError, prefix: string[]): Issue[] =>
  error.issues.flatMap(describeIssue).map(({ path, message }) => ({ path: [...prefix, ...path], message }));

/** Issues with their lines, without those of values that have a problem already, such as a tag or a wrong alias. */
function located(root: YamlNode, issues: Issue[], known: YamlProblem[] = []): YamlProblem[] {
  const paths = new Set(known.map(({ path }) => formatPath(path)));
  return issues
    .filter(({ path }) => !paths.has(formatPath(path)))
    .map(({ path, message }) => ({ path, line: lineOf(root, path), message }));
}

/** Without repetitions: several jobs may have the same value of the group or of `defaults`. */
const distinct = (problems: Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [formatProblem(problem), problem])).values(),
];

const toProblem = ({ path, line, message }: YamlProblem): Problem => ({ path: formatPath(path), line, message });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
