import { type GroupRun, type GroupRunSpec, isTerminal } from '../../contract/group-run.ts';

export type Rerun = { spec: GroupRunSpec } | { refused: 'RunNotOver' | 'NothingFailed' };

/**
 * The spec that repeats a run: the same group, parameters and definitions, as they were accepted then. With `failed`
 * only the jobs that did not succeed (FAILURE or REVOKED), which is known once the run is over.
 */
export function rerunSpec({ metadata, spec, status }: GroupRun, only: 'all' | 'failed'): Rerun {
  const { group, parameters, parallelism } = spec;
  let { jobs } = spec;
  if (only === 'failed') {
    if (!status || !isTerminal(status.state)) return { refused: 'RunNotOver' };
    const failed = new Set(
      (status.jobs ?? []).filter((job) => ['FAILURE', 'REVOKED'].includes(job.state)).map((job) => job.name),
    );
    jobs = jobs.filter((job) => failed.has(job.name));
    if (jobs.length === 0) return { refused: 'NothingFailed' };
  }
  return {
    spec: {
      group,
      ...(parameters && { parameters }),
      jobs,
      ...(parallelism && { parallelism }),
      rerunOf: metadata.name,
    },
  };
}
