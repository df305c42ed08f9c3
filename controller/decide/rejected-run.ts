import { type GroupRunStatus, isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { invalidDefinition } from './invalid-definition.ts';
import type { ObservedRun } from './observed.ts';
import { runStatus, SUCCEEDED } from './run-status.ts';
import { specTooLarge } from './spec-too-large.ts';

/** The CRD allows 4,096 characters. */
const MAX_MESSAGE = 4096;

/**
 * The final status of a run that cannot be carried out; undefined for any other, and once it has a Job. The API refuses such
 * runs, so it was created with kubectl.
 */
export function rejectedStatus({ run, jobs }: ObservedRun, now: Date): GroupRunStatus | undefined {
  if (jobs.size > 0 || run.status?.jobs?.some(({ jobUID }) => jobUID !== undefined)) return undefined;
  const rejection = specTooLarge(run.spec) ?? invalidDefinition(run.spec);
  if (!rejection) return undefined;
  const { reason } = rejection;
  const failed = run.spec.jobs.map(({ name }, index): JobStatus => {
    const stored = run.status?.jobs?.[index];
    return stored && isTerminal(stored.state)
      ? stored
      : { name, state: 'FAILURE', reason, finishedAt: now.toISOString() };
  });
  const status = runStatus(run, failed, now);
  // Said once, not for each job: there may be room for nothing more.
  const message = rejection.message.slice(0, MAX_MESSAGE);
  const conditions = status.conditions?.map((condition) =>
    condition.type === SUCCEEDED ? { ...condition, reason, message } : condition,
  );
  return { ...status, ...(conditions && { conditions }) };
}
