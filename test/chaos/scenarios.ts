import { jobId } from '../../contract/ids.ts';

/** A run to inject faults into: its group, its end whatever the fault, and what a caller does meanwhile. */
export interface Scenario {
  /** As in config.yaml. */
  jobs: Record<string, object>;
  /** As in config.yaml. */
  onFailure?: 'cancel';
  /** How each job ends: its state, and its reason or result after a slash where it has one. */
  ends: Record<string, RegExp>;
  /** The run ends within so many seconds of the last fault: the deadline of its longest job. */
  deadlineSeconds: number;
  /** The path to post to when a job has started. */
  cancel?: (runId: string) => string;
  /** Whether the run is deleted soon after its end. */
  retention?: boolean;
}

/** The top-level domain .invalid never resolves (RFC 2606). */
const ABSENT_IMAGE = 'registry.invalid/absent:1';
const done = { sleep: { seconds: 0 }, activeDeadlineSeconds: 30 };
/** Simulated work whose result is that of a job that it needs. */
const printing = (variable: string) => ({ sleep: { seconds: 0.5, result: `$(${variable})` } });
const hanging = { sleep: { seconds: 0, hangProbability: 1 } };

/** The first gets faults at each of its calls, the others at the calls that earlier scenarios do not make. */
export const SCENARIOS: Record<string, Scenario> = {
  mixed: {
    jobs: {
      // After an outage of the API server, the Job controller's watches back off for up to a minute.
      good: { sleep: { seconds: 1, result: 'of good' }, activeDeadlineSeconds: 180 },
      bad: { sleep: { seconds: 2.5, failProbability: 1, exitCode: 3 }, activeDeadlineSeconds: 180 },
    },
    ends: { good: /^SUCCESS\/of good$/, bad: /^FAILURE\/Error$/ },
    deadlineSeconds: 180,
  },
  cancelled: {
    jobs: { short: done, long: { ...hanging, activeDeadlineSeconds: 60 } },
    ends: { short: /^(SUCCESS|REVOKED\/Cancelled)$/, long: /^REVOKED\/Cancelled$/ },
    deadlineSeconds: 60,
    cancel: (runId) => `/runs/${runId}/cancel`,
  },
  partly: {
    jobs: { long: { ...hanging, activeDeadlineSeconds: 60 }, short: done },
    ends: { long: /^REVOKED\/Cancelled$/, short: /^SUCCESS$/ },
    deadlineSeconds: 60,
    cancel: (runId) => `/status/${jobId(runId, 1)}/cancel`,
  },
  overdue: {
    jobs: { forever: { ...hanging, activeDeadlineSeconds: 4 } },
    ends: { forever: /^FAILURE\/DeadlineExceeded$/ },
    deadlineSeconds: 4,
  },
  stuck: {
    jobs: { absent: { container: { image: ABSENT_IMAGE }, pendingDeadlineSeconds: 3, activeDeadlineSeconds: 60 } },
    ends: { absent: /^FAILURE\/(ErrImagePull|ImagePullBackOff)$/ },
    deadlineSeconds: 60,
  },
  retry: {
    jobs: { twice: { sleep: { seconds: 0.5, failProbability: 1 }, backoffLimit: 1, activeDeadlineSeconds: 45 } },
    ends: { twice: /^FAILURE\/Error$/ },
    deadlineSeconds: 45,
  },
  diamond: {
    jobs: {
      first: { sleep: { seconds: 0.5, result: 'of first' }, activeDeadlineSeconds: 180 },
      bad: { needs: ['first'], sleep: { seconds: 0.5, failProbability: 1 }, activeDeadlineSeconds: 180 },
      good: { needs: ['first'], ...printing('ASYNC_API_RESULT_FIRST'), activeDeadlineSeconds: 180 },
      last: { needs: ['bad', 'good'], ...done },
    },
    ends: {
      first: /^SUCCESS\/of first$/,
      bad: /^FAILURE\/Error$/,
      good: /^SUCCESS\/of first$/,
      last: /^REVOKED\/DependencyFailed$/,
    },
    deadlineSeconds: 180,
  },
  together: {
    jobs: {
      bad: { sleep: { seconds: 1, failProbability: 1 }, activeDeadlineSeconds: 180 },
      waiting: { needs: ['long'], ...done },
      // The third: the stop of no other scenario is that of a third Job, so it gets faults.
      long: { ...hanging, activeDeadlineSeconds: 180 },
    },
    onFailure: 'cancel',
    ends: {
      long: /^REVOKED\/GroupFailed$/,
      bad: /^FAILURE\/Error$/,
      waiting: /^REVOKED\/(GroupFailed|DependencyFailed)$/,
    },
    deadlineSeconds: 180,
  },
  retention: {
    jobs: { short: done },
    ends: { short: /^SUCCESS$/ },
    deadlineSeconds: 30,
    retention: true,
  },
};

/** The configuration: a group for each scenario, under its name. */
export const config = () => ({
  groups: Object.fromEntries(
    Object.entries(SCENARIOS).map(([name, { jobs, onFailure }]) => [name, { jobs, ...(onFailure && { onFailure }) }]),
  ),
});
