import type { JobView, RunView } from '../client/views.ts';
import { waitForRun } from '../client/wait.ts';
import type { Call } from './call.ts';
import { CliError, EXIT, exitCodeOf } from './exit.ts';
import { JOBS } from './kinds.ts';
import { LogLines } from './log-lines.ts';
import { print } from './output.ts';
import { describeJobs, Progress } from './progress.ts';
import { parseDuration } from './time.ts';

export interface WaitFlags {
  timeout?: string;
  logs?: boolean;
  /** Of the first log that cannot be read, when the run is over. Told where not given: the run's state matters more. */
  onLogError?: (error: Error) => void;
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Waits for the end of a run, prints its jobs, and returns the exit code that its state stands for. */
export async function waitAndPrint(call: Call, id: string, flags: WaitFlags): Promise<number> {
  const run = await waitForEnd(call, id, flags);
  print(call.io, call.format, JOBS, run.jobs, run);
  call.io.err(`Run ${run.id} of ${run.group}: ${run.state}, ${describeJobs(run.jobs)}\n`);
  return exitCodeOf(run.state);
}

/**
 * Waits for the end of a run and tells of its progress. Neither a timeout nor Ctrl-C cancels the run: both say how to go on, and
 * throw a CliError.
 */
export async function waitForEnd(
  call: Call,
  id: string,
  { timeout, logs: hasLogs, onLogError }: WaitFlags,
): Promise<RunView> {
  const { io, service, program, format } = call;
  const timeoutMs = timeout === undefined ? undefined : Math.min(parseDuration(timeout), MAX_TIMEOUT_MS);
  const progress = new Progress(io);
  const stop = new AbortController();
  const hint = `Run ${id} goes on.\nTo wait for it:  ${program} wait ${id}\nTo cancel it:    ${program} cancel ${id}`;
  const offInterrupt = io.onInterrupt(() => stop.abort(new CliError(EXIT.interrupted, hint)));
  const late = () => stop.abort(new CliError(EXIT.revokedOrTimedOut, `It is not over after ${timeout}. ${hint}`));
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
  const write = format === 'table' || format === 'wide' ? io.out : io.err;
  const logs = new LogLines(
    call,
    (text) => {
      progress.clear();
      write(text);
    },
    stop.signal,
  );
  try {
    const first = await service.run(id);
    const jobs = new Map(first.jobs.map((job) => [job.id, job]));
    const show = () => progress.show(`${first.group}: ${describeJobs([...jobs.values()])}`);
    const addLog = (job: JobView) => {
      if (hasLogs && job.startedAt) void logs.add(job, { follow: true });
    };
    for (const job of first.jobs) addLog(job);
    show();
    const run = await waitForRun(service, id, {
      signal: stop.signal,
      onEvents: (events) => {
        for (const { event, data } of events) {
          if (event !== 'job') continue;
          const job = JSON.parse(data) as JobView;
          jobs.set(job.id, job);
          addLog(job);
        }
        show();
      },
      onContact: (isConnected) => {
        if (isConnected) show();
        else progress.show('No connection. Trying again …');
      },
    });
    for (const job of run.jobs) addLog(job);
    await logs.end().catch(onLogError ?? ((error) => io.err(`A log could not be read: ${error.message}\n`)));
    return run;
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    progress.clear();
    clearTimeout(timer);
    offInterrupt();
    stop.abort();
  }
}
