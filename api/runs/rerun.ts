import { type GroupRun, type GroupRunSpec, isTerminal } from '../../contract/group-run.ts';
import { needsOf } from '../../contract/needs.ts';
import { storedStatusAt } from '../views/run-view.ts';

export type Rerun = { spec: GroupRunSpec } | { error: 'RunNotOver' | 'NothingFailed' };

/**
 * The spec that repeats a run, with the group, parameters, order and definitions stored in it. `failed` keeps only the jobs that
 * ended as FAILURE or REVOKED, which are known once the run is finished. They get the results of the others that they need.
 */
export function rerunSpec(run: GroupRun, only: 'all' | 'failed'): Rerun {
  const { metadata, spec, status } = run;
  const { group, parameters, parallelism, onFailure } = spec;
  let { jobs } = spec;
  if (only === 'failed') {
    if (!status || !isTerminal(status.state)) return { error: 'RunNotOver' };
    const failed = new Set(
      jobs
        .filter((_, index) => ['FAILURE', 'REVOKED'].includes(storedStatusAt(run, index).state))
        .map((job) => job.name),
    );
    jobs = jobs.filter((job) => failed.has(job.name));
    if (jobs.length === 0) return { error: 'NothingFailed' };
  }
  const earlierResults = resultsFor(jobs, run);
  return {
    spec: {
      group,
      ...(parameters && { parameters }),
      jobs,
      ...(parallelism && { parallelism }),
      ...(onFailure && { onFailure }),
      ...(earlierResults && { earlierResults }),
      rerunOf: metadata.name,
    },
  };
}

/** What these jobs of the run need that is not among them: results of the run itself, or those that it had from an earlier one. */
function resultsFor(jobs: GroupRunSpec['jobs'], { spec, status }: GroupRun): Record<string, string> | undefined {
  const kept = new Set(jobs.map(({ name }) => name));
  const indexes = new Map(spec.jobs.map(({ name }, index) => [name, index]));
  const missing = new Set(jobs.flatMap(needsOf).filter((name) => !kept.has(name)));
  const earlier = new Map(Object.entries(spec.earlierResults ?? {}));
  const results = [...missing].flatMap((name) => {
    const index = indexes.get(name);
    if (index !== undefined) return [[name, status?.jobs?.[index]?.result ?? ''] as const];
    const result = earlier.get(name);
    return result === undefined ? [] : [[name, result] as const];
  });
  return results.length > 0 ? Object.fromEntries(results) : undefined;
}
