import { type GroupRunSpec, MAX_SPEC_BYTES } from '../../contract/group-run.ts';
import { parameterCopiesProblem } from '../../contract/parameter-copies.ts';
import { storedBytes } from '../../contract/stored-size.ts';
import type { Rejection } from './rejection.ts';

/**
 * Why a spec leaves no room in etcd for the statuses of its jobs, or why its parameters are too large for its number of jobs;
 * undefined if neither.
 */
export function specTooLarge(spec: GroupRunSpec): Rejection | undefined {
  const problem = sizeProblem(spec);
  return problem ? { reason: 'SpecTooLarge', message: `${problem}. No Job was created; split the run.` } : undefined;
}

/** As a sentence without its full stop. A later cancel must not turn an accepted run into one that is too large. */
function sizeProblem({ cancel, cancelJobs, ...accepted }: GroupRunSpec): string | undefined {
  const bytes = storedBytes(accepted);
  if (bytes <= MAX_SPEC_BYTES) return parameterCopiesProblem(accepted);
  return `Expected a spec of at most ${MAX_SPEC_BYTES} bytes, so that the statuses of its jobs can be stored with it, got ${bytes}`;
}
