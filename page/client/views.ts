import type * as z from 'zod';
import type * as schemas from '../../api/views/schemas.ts';

export type { RunSummary } from '../../api/views/schemas.ts';
export type State = schemas.RunSummary['state'];

/** What becomes of the other jobs when one fails. */
interface FailureRule {
  onFailure?: 'continue' | 'cancel' | undefined;
}

export type JobView = schemas.JobView & {
  /** Names of jobs that must succeed before it starts. */
  needs?: string[] | undefined;
};

export type RunView = Omit<schemas.RunView, 'jobs'> & FailureRule & { jobs: JobView[] };

export type GroupView = z.infer<typeof schemas.GroupView> &
  FailureRule & { needs?: Record<string, string[]> | undefined };
