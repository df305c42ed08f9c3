import type { GroupRunSpec } from './group-run.ts';
import { needsOf } from './needs.ts';
import { storedBytes } from './stored-size.ts';

/**
 * Maximum size of what a run's jobs get from its spec: each Job, and each of its pods, stores a copy of all parameters and of the earlier
 * results that it needs, and etcd keeps each revision of them for minutes. Without it one run could fill etcd.
 */
export const MAX_PARAMETER_COPY_BYTES = 1024 * 1024;

/** What is wrong with a spec whose parameters are too large for its number of jobs, as a sentence without its full stop. */
export function parameterCopiesProblem({ parameters = {}, earlierResults, jobs }: GroupRunSpec): string | undefined {
  const values = Object.entries(parameters).map(([name, value]) => [name, escaped(value)]);
  const bytes = storedBytes(Object.fromEntries(values));
  const results = earlierResults ? copiedResultBytes(jobs, earlierResults) : 0;
  const all = bytes * jobs.length + results;
  if (all <= MAX_PARAMETER_COPY_BYTES) return undefined;
  const got = `${all} (${bytes} bytes × ${jobs.length} jobs${results > 0 ? `, and ${results} of earlier results` : ''})`;
  return `Expected at most ${MAX_PARAMETER_COPY_BYTES} bytes of parameters times jobs, got ${got}`;
}

function copiedResultBytes(jobs: GroupRunSpec['jobs'], results: Record<string, string>): number {
  const sizes = new Map(Object.entries(results).map(([name, result]) => [name, storedBytes(escaped(result))]));
  return jobs.flatMap(needsOf).reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
}

/** A Job has each `$` of a value twice, or the kubelet would expand `$(NAME)`. */
const escaped = (value: string): string => value.replaceAll('$', () => '$$');
