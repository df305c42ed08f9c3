import type { JobState } from '../../contract/group-run.ts';
import type { RunChange } from './change-log.ts';

/** The latest change of a run. */
export interface ChangedRun extends RunChange {
  /** Whether the run was in the state that is asked for; true if none is. */
  wasInState: boolean;
}

/** Each run that changed once, in the order of their latest changes. */
export function changedRuns(changes: Iterable<RunChange>, state: JobState | undefined): ChangedRun[] {
  const latest = new Map<string, ChangedRun>();
  for (const change of changes) {
    const { runId, before } = change;
    const wasInState = state === undefined || before === state || latest.get(runId)?.wasInState === true;
    // A Map keeps the place of a key that it has.
    latest.delete(runId);
    latest.set(runId, { ...change, wasInState });
  }
  return [...latest.values()];
}
