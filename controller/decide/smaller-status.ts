import type { GroupRunStatus } from '../../contract/group-run.ts';

/** What to store of a status that is too large for the API server: first all but its messages, then all but its jobs. */
export function smallerStatuses({ jobs = [], ...run }: GroupRunStatus): GroupRunStatus[] {
  return [{ ...run, jobs: jobs.map(({ message, ...job }) => job) }, run];
}
