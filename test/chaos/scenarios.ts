import type { JobState } from '../../kube/group-run.ts';

/** A job's end: its state, with its reason where it has one, such as FAILURE/Error. */
export type End = JobState | `${JobState}/${string}`;

/** A life of a run: its group, how it ends when nothing is broken, and what a caller does meanwhile. */
export interface Scenario {
  /** As in config.yaml. */
  jobs: Record<string, object>;
  /** How each job ends whatever befalls our processes: a fault of theirs must not be a job's failure. */
  ends: Record<string, End>;
  /** Within this many seconds after the last fault the run is over: the deadline of its longest job. */
  deadlineSeconds: number;
}

/** As the cluster never has it: no registry can be reached under this name. */
const ABSENT_IMAGE = 'registry.invalid/absent:1';

export const SCENARIOS: Record<string, Scenario> = {
  mixed: {
    jobs: {
      good: { sleep: { seconds: 1 }, activeDeadlineSeconds: 30 },
      bad: { sleep: { seconds: 2.5, failProbability: 1, exitCode: 3 }, activeDeadlineSeconds: 30 },
    },
    ends: { good: 'SUCCESS', bad: 'FAILURE/Error' },
    deadlineSeconds: 30,
  },
  retry: {
    jobs: { twice: { sleep: { seconds: 0.5, failProbability: 1 }, backoffLimit: 1, activeDeadlineSeconds: 45 } },
    ends: { twice: 'FAILURE/Error' },
    deadlineSeconds: 45,
  },
  overdue: {
    jobs: { forever: { sleep: { seconds: 0, hangProbability: 1 }, activeDeadlineSeconds: 4 } },
    ends: { forever: 'FAILURE/DeadlineExceeded' },
    deadlineSeconds: 4,
  },
  stuck: {
    jobs: { absent: { container: { image: ABSENT_IMAGE }, pendingDeadlineSeconds: 3, activeDeadlineSeconds: 15 } },
    ends: { absent: 'FAILURE/DeadlineExceeded' },
    deadlineSeconds: 15,
  },
};

/** The configuration of all scenarios; each is a group of its name. */
export const config = () => ({
  groups: Object.fromEntries(Object.entries(SCENARIOS).map(([name, { jobs }]) => [name, { jobs }])),
});
