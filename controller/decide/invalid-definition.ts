import type { GroupRunSpec } from '../../contract/group-run.ts';
import { JobDefinition } from '../../contract/job-definition.ts';
import { needsProblems } from '../../contract/needs.ts';
import type { Rejection } from './rejection.ts';

/** So many are told; whoever mends these finds the others. */
const MAX_PROBLEMS = 10;

/** What is wrong with the definitions of a run; undefined if nothing is. The API server checks only their names. */
export function invalidDefinition({ jobs, earlierResults }: GroupRunSpec): Rejection | undefined {
  const names = new Set<string>();
  const needs: Pick<JobDefinition, 'name' | 'needs'>[] = [];
  const wrong = jobs.flatMap((definition, index) => {
    const path = `spec.jobs[${index}]`;
    const duplicate = names.has(definition.name) ? [`${path}.name: expected a name that no other job has`] : [];
    names.add(definition.name);
    const { data, error } = JobDefinition.safeParse(definition);
    needs.push({ name: definition.name, needs: data?.needs });
    const issues = error?.issues ?? [];
    return [...duplicate, ...issues.map((issue) => `${[path, ...issue.path].join('.')}: ${issue.message}`)];
  });
  const order = needsProblems(needs, earlierResults).map(
    ({ job, need, message }) => `spec.jobs[${job}].needs.${need}: ${message}`,
  );
  const problems = [...wrong, ...order];
  if (problems.length === 0) return undefined;
  const more = problems.length > MAX_PROBLEMS ? [`and ${problems.length - MAX_PROBLEMS} more`] : [];
  const list = [...problems.slice(0, MAX_PROBLEMS), ...more].join('; ');
  return { reason: 'InvalidDefinition', message: `${list}. No Job was created; correct the run and create it anew.` };
}
