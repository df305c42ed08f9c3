import type { GroupRunSpec } from './group-run.ts';
import { storedBytes } from './stored-size.ts';

/**
 * Maximum size of a run's parameters times its jobs: each Job, and each of its pods, stores a copy of all parameters, and etcd
 * keeps each revision of them for minutes. Without it one run could fill etcd.
 */
export const MAX_PARAMETER_COPY_BYTES = 1024 * 1024;

/** What is wrong with a spec whose parameters are too large for its number of jobs, as a sentence without its full stop. */
export function parameterCopiesProblem({ parameters = {}, jobs }: GroupRunSpec): string | undefined {
  // A Job has each `$` of a value twice, or the kubelet would expand `$(NAME)`.
  const values = Object.entries(parameters).map(([name, value]) => [name, value.replaceAll('$', () => '$$')]);
  const bytes = storedBytes(Object.fromEntries(values));
  const all = bytes * jobs.length;
  if (all <= MAX_PARAMETER_COPY_BYTES) return undefined;
  return `Expected at most ${MAX_PARAMETER_COPY_BYTES} bytes of parameters times jobs, got ${all} (${bytes} bytes × ${jobs.length} jobs)`;
}
