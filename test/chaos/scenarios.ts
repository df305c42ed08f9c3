import { jobId } from '../../contract/ids.ts';

/** A life of a run: its group, how it ends whatever befalls our processes, and what a caller does meanwhile. */
export interface Scenario {
  /** As in config.yaml. */
  jobs: Record<string, object>;
  /** How each job ends: its state, and its reason after a slash where it has one. */
  ends: Record<string, RegExp>;
  /** Within this many seconds after the last fault the run is over: the deadline of its longest job. */
  deadlineSeconds: number;
  /** What is posted as soon as a job has started. */
  cancel?: (runId: string) => string;
  /** The run is deleted soon after its end. */
  retention?: boolean;
}

/** No registry can be reached under this name. */
const ABSENT_IMAGE = 'registry.invalid/absent:1';
const done = { sleep: { seconds: 0 }, activeDeadlineSeconds: 30 };
const hanging = { sleep: { seconds: 0, hangProbability: 1 } };

/** The first is the one whose every call is looked at; each other adds the calls that only it makes. */
export const SCENARIOS: Record<string, Scenario> = {
  mixed: {
    jobs: {
      // Longer than the Job controller may be blind after the API server was away: its watches back off for up to a minute.
      good: { sleep: { seconds: 1 }, activeDeadlineSeconds: 180 },
      bad: { sleep: { seconds: 2.5, failProbability: 1, exitCode: 3 }, activeDeadlineSeconds: 180 },
    },
    ends: { good: /^SUCCESS$/, bad: /^FAILURE\/Error$/ },
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
  retention: {
    jobs: { short: done },
    ends: { short: /^SUCCESS$/ },
    deadlineSeconds: 30,
    retention: true,
  },
};

/** The configuration of all scenarios; each is a group of its name. */
export const config = () => ({
  groups: Object.fromEntries(Object.entries(SCENARIOS).map(([name, { jobs }]) => [name, { jobs }])),
});
