import type { GroupRunStatus, JobStatus } from '../../contract/group-run.ts';

/**
 * What to store of a status that is too large for the API server: all but its messages, then also without the results that are not
 * stored yet, then all but its jobs.
 */
export function smallerStatuses({ jobs = [], ...run }: GroupRunStatus, stored: JobStatus[] = []): GroupRunStatus[] {
  const withoutMessages = jobs.map(({ message, ...job }) => job);
  const withoutResults = withoutMessages.map(({ result, ...job }, index): JobStatus => {
    if (result === undefined) return job;
    return stored[index]?.result === result ? { ...job, result } : { ...job, resultTooLarge: true };
  });
  return [
    ...(jobs.some(({ message }) => message) ? [{ ...run, jobs: withoutMessages }] : []),
    ...(withoutResults.some((job, index) => job.result !== jobs[index]!.result)
      ? [{ ...run, jobs: withoutResults }]
      : []),
    run,
  ];
}
