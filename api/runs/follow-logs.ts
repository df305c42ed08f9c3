import { isTerminal, type JobStatus } from '../../contract/group-run.ts';
import type { JobLog, JobPod } from './job-logs.ts';
import type { RunChanges } from './run-changes.ts';

/** While a job is STARTED, a pod that was deleted and its successor can leave the job's status as it is. */
const POLL_INTERVAL_MS = 5000;
/** Every other pod that starts changes the job's status. */
const NO_POLL_MS = 3_600_000;

interface FollowOptions {
  /** The job's status as it is now. */
  status: () => Promise<JobStatus>;
  /** The job's pods whose container has started, oldest first. */
  pods: () => Promise<JobPod[]>;
  read: (pod: JobPod) => Promise<JobLog | undefined>;
  changes: Pick<RunChanges, 'next'>;
  /** Called before it waits for a change of the job. */
  onWait: () => void;
  signal: AbortSignal;
}

/**
 * The log of each pod of a job, one after another, until the job is over or the signal aborts. Asks for pods only when the
 * job's own status has changed: of a run of many jobs, most changes are those of others.
 */
export async function* followLogs(options: FollowOptions): AsyncGenerator<JobLog> {
  const { status, pods, read, onWait, signal } = options;
  const aborted = new Promise<JobPod[]>((resolve) => {
    signal.addEventListener('abort', () => resolve([]), { once: true });
  });
  const done = new Set<string>();
  let job = await status();
  while (!signal.aborted) {
    // Asked for after the status was read: if the job is over, the list is complete.
    const started = await Promise.race([pods(), aborted]);
    for (const pod of started.filter(({ name }) => !done.has(name))) {
      const log = await read(pod);
      if (log) yield log;
      // A pod without a log that another has replaced will never have one.
      if (log || pod !== started.at(-1)) done.add(pod.name);
    }
    if (isTerminal(job.state)) return;
    onWait();
    job = await changedStatus(job, options);
  }
}

/** The job's status once it differs from `seen`, it is time to poll, or the signal aborts. */
async function changedStatus(seen: JobStatus, { status, changes, signal }: FollowOptions): Promise<JobStatus> {
  const before = JSON.stringify(seen);
  const pollAt = performance.now() + (seen.state === 'STARTED' ? POLL_INTERVAL_MS : NO_POLL_MS);
  for (;;) {
    const job = await status();
    const remainingMs = pollAt - performance.now();
    if (JSON.stringify(job) !== before || remainingMs <= 0 || signal.aborted) return job;
    await changes.next(remainingMs, signal);
  }
}
