import type { GroupRunStatus } from '../../contract/group-run.ts';

/** What to store of a status that is too large for the API server: first all but its messages, then all but its jobs. */
export function smallerStatuses({ jobs = [], ...run }: GroupRunStatus): GroupRunStatus[] {
  const withoutMessages = { ...run, jobs: jobs.map(({ message, ...job }) => job) };
  return jobs.some(({ message }) => message) ? [withoutMessages, run] : [run];
}
