import { type GroupRun, type GroupRunStatus, isTerminal, type JobStatus } from '../../contract/group-run.ts';

/** An Event as `kubectl describe grouprun` shows it. */
export interface KubernetesEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** Maximum per status write: a run whose 1,000 jobs fail together must not create 1,000 Events. */
const MAX_JOB_EVENTS = 10;
const MAX_MESSAGE = 500;

/**
 * The Events for the change from the previous status to the run's current one. A run without trouble has none: an Event is a write as
 * dear as a Job's, the status says the same, and Kubernetes' Job controller has Events for the start and the end of each Job.
 */
export function kubernetesEvents(run: GroupRun, before: GroupRunStatus | undefined): KubernetesEvent[] {
  const { status } = run;
  if (!status) return [];
  const earlier = before?.jobs ?? [];
  const jobs = status.jobs ?? [];
  const jobEvents = jobs.flatMap((job, index) => jobEvent(job, earlier[index]) ?? []);
  const listed = jobEvents.slice(0, MAX_JOB_EVENTS);
  const more = jobEvents.length - listed.length;
  return [
    ...listed,
    ...(more > 0 ? [warning('MoreJobs', `${more} more jobs changed; see the status.`)] : []),
    ...(before && isTerminal(before.state) ? [] : endEvents(status)),
  ];
}

/** The likely cause of a slow Job controller. The text is constant, so each run gets this Event only once. */
export const podsLateEvent = (): KubernetesEvent =>
  warning(
    'PodsLate',
    'Jobs have had no pods for 10 s and nothing says why: kube-controller-manager is behind, probably held by its own API ' +
      'rate. Raise its --kube-api-qps and --kube-api-burst (20 and 30 by default).',
  );

function jobEvent(job: JobStatus, before: JobStatus | undefined): KubernetesEvent | undefined {
  const why = `${job.reason ?? ''}${job.exitCode === undefined ? '' : ` (exit code ${job.exitCode})`}${job.message ? `: ${job.message}` : ''}`;
  if (job.state !== before?.state) {
    if (job.state === 'FAILURE') return warning('JobFailed', `${job.name} failed: ${why}`);
    if (job.state === 'REVOKED') return normal('JobRevoked', `${job.name} was revoked: ${why}`);
    if (job.state === 'RETRY') return warning('JobRetries', `${job.name} is tried again: ${why}`);
  }
  if (job.pendingSince && !before?.pendingSince) return warning('JobCannotStart', `${job.name} cannot start: ${why}`);
  return undefined;
}

function endEvents({ state, conditions }: GroupRunStatus): KubernetesEvent[] {
  const message = conditions?.find(({ type }) => type === 'Succeeded')?.message ?? '';
  if (state === 'REVOKED') return [normal('Revoked', message)];
  return state === 'FAILURE' ? [warning('Failed', message)] : [];
}

const normal = (reason: string, message: string): KubernetesEvent => ({
  type: 'Normal',
  reason,
  message: truncate(message),
});
const warning = (reason: string, message: string): KubernetesEvent => ({
  type: 'Warning',
  reason,
  message: truncate(message),
});
const truncate = (message: string): string =>
  message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
