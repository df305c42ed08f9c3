import type { JobDefinition } from '../../contract/job-definition.ts';
import type { Issue } from './describe-issue.ts';

/** A warning for each job that its activeDeadlineSeconds ends before pendingDeadlineSeconds could. */
export const deadlineWarnings = (groupPath: string[], jobs: JobDefinition[]): Issue[] =>
  jobs
    .filter(({ activeDeadlineSeconds, pendingDeadlineSeconds }) => activeDeadlineSeconds <= pendingDeadlineSeconds)
    .map(({ name, activeDeadlineSeconds, pendingDeadlineSeconds }) => ({
      path: [...groupPath, 'jobs', name, 'pendingDeadlineSeconds'],
      message: `expected less than activeDeadlineSeconds (${activeDeadlineSeconds}), got ${pendingDeadlineSeconds}, which can never apply`,
    }));
