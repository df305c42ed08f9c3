import { type GroupRun, type GroupRunSpec, isTerminal } from '../../contract/group-run.ts';
import { jobStatuses } from '../views/run-view.ts';

export type Rerun = { spec: GroupRunSpec } | { error: 'RunNotOver' | 'NothingFailed' };

/**
 * The spec that repeats a run, with the group, parameters and definitions stored in it. `failed` keeps only the jobs that
 * ended as FAILURE or REVOKED, which are known once the run is finished.
 */
export function rerunSpec(run: GroupRun, only: 'all' | 'failed'): Rerun {
  const { metadata, spec, status } = run;
  const { group, parameters, parallelism } = spec;
  let { jobs } = spec;
  if (only === 'failed') {
    if (!status || !isTerminal(status.state)) return { error: 'RunNotOver' };
    const failed = new Set(
      jobStatuses(run)
        .filter((job) => ['FAILURE', 'REVOKED'].includes(job.state))
        .map((job) => job.name),
    );
    jobs = jobs.filter((job) => failed.has(job.name));
    if (jobs.length === 0) return { error: 'NothingFailed' };
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
