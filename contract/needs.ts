import { type JobDefinition, MAX_NEEDS } from './job-definition.ts';
import { MAX_NAME_LENGTH } from './name.ts';

type Ordered = Pick<JobDefinition, 'name' | 'needs'>;

/** What is wrong with one entry of a job's `needs`. */
export interface NeedsProblem {
  /** Index of the job. */
  job: number;
  /** Index in its `needs`. */
  need: number;
  message: string;
}

/** The names of the jobs that this one needs. In a run made with kubectl `needs` may be anything: then they are not all that is in it. */
export const needsOf = ({ needs }: Pick<JobDefinition, 'needs'>): string[] =>
  Array.isArray(needs)
    ? needs.filter((name) => typeof name === 'string' && name.length <= MAX_NAME_LENGTH).slice(0, MAX_NEEDS)
    : [];

/** The environment variable with the result of a needed job. */
export const resultVariable = (name: string): string =>
  `ASYNC_API_RESULT_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

/**
 * Every problem of the order of these jobs, in time linear in their `needs`. `earlier` are jobs of an earlier run that succeeded, by name.
 * Of each cycle it tells the whole.
 */
export function needsProblems(
  jobs: readonly Ordered[],
  earlier: Readonly<Record<string, string>> = {},
): NeedsProblem[] {
  const names = new Set(jobs.map(({ name }) => name));
  const wrong = jobs.flatMap((definition, job) => {
    const { name } = definition;
    const seen = new Map<string, string>();
    return needsOf(definition).flatMap((need, index): NeedsProblem[] => {
      const variable = resultVariable(need);
      const before = seen.get(variable);
      seen.set(variable, need);
      const problem = (message: string) => [{ job, need: index, message }];
      if (need === name) return problem('expected the name of another job, got its own');
      if (!names.has(need) && !Object.hasOwn(earlier, need))
        return problem(`expected the name of another job, got "${need}"`);
      if (before === need) return problem(`expected each job once, got "${need}" again`);
      if (before === undefined) return [];
      return problem(`expected a name whose variable differs: "${before}" and "${need}" both have ${variable}`);
    });
  });
  return [...wrong, ...cycles(jobs).map((cycle) => cycleProblem(jobs, cycle))];
}

/** The indices of these jobs, each behind the jobs that it needs. Jobs of a cycle, and those behind one, come last. */
export function inOrderOfNeeds(jobs: readonly Ordered[]): number[] {
  const { order, rest } = sorted(needed(jobs));
  return [...order, ...rest];
}

/** For each job the indices of the jobs that it needs, without itself and those that are not in the list. */
function needed(jobs: readonly Ordered[]): number[][] {
  const indexes = new Map(jobs.map(({ name }, index) => [name, index]));
  return jobs.map((job, index) =>
    needsOf(job)
      .flatMap((need) => indexes.get(need) ?? [])
      .filter((other) => other !== index),
  );
}

/** A topological sort (Kahn), without recursion: a chain may have a thousand jobs. */
function sorted(neededBy: number[][]): { order: number[]; rest: number[] } {
  const dependents: number[][] = neededBy.map(() => []);
  for (const [index, others] of neededBy.entries()) for (const other of others) dependents[other]!.push(index);
  const missing = neededBy.map((others) => others.length);
  const order = missing.flatMap((count, index) => (count === 0 ? index : []));
  // The loop also visits what it appends.
  for (const index of order) {
    for (const dependent of dependents[index]!) {
      missing[dependent]! -= 1;
      if (missing[dependent] === 0) order.push(dependent);
    }
  }
  return { order, rest: missing.flatMap((count, index) => (count > 0 ? index : [])) };
}

/** Cycles, at least one where there is any; no job is in two of them. Each begins with its first job. */
function cycles(jobs: readonly Ordered[]): number[][] {
  const neededBy = needed(jobs);
  const { rest } = sorted(neededBy);
  const unsorted = new Set(rest);
  const visited = new Set<number>();
  return rest.flatMap((start) => {
    const path = new Set<number>();
    let at = start;
    while (!visited.has(at)) {
      visited.add(at);
      path.add(at);
      // Each unsorted job needs an unsorted one, so this walk ends in a cycle or where an earlier walk was.
      at = neededBy[at]!.find((other) => unsorted.has(other))!;
    }
    if (!path.has(at)) return [];
    const cycle = [...path].slice([...path].indexOf(at));
    const first = cycle.indexOf(Math.min(...cycle));
    return [[...cycle.slice(first), ...cycle.slice(0, first)]];
  });
}

function cycleProblem(jobs: readonly Ordered[], cycle: number[]): NeedsProblem {
  const [first, second] = cycle as [number, number];
  const names = [...cycle, first].map((index) => jobs[index]!.name);
  return {
    job: first,
    need: needsOf(jobs[first]!).indexOf(jobs[second]!.name),
    message: `expected no cycle, got ${names.join(' → ')}`,
  };
}
