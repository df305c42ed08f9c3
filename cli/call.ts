import { InvalidArgumentError } from 'commander';
import type { JobView, RunView } from '../client/views.ts';
import { usageError } from './exit.ts';
import type { Io } from './io.ts';
import type { Format } from './output.ts';
import type { Service } from './service.ts';

/** What each command works with. */
export interface Call {
  io: Io;
  format: Format;
  service: Service;
  /** How the user calls this program, for hints: `async-api` or `kubectl async-api`. */
  program: string;
}

/** Returns the exit code, 0 if none. */
export type Command<Options = object> = (call: Call, args: string[], options: Options) => Promise<number | undefined>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether the id is that of a job; that of a run ends in 0000. Throws a usage error for what is no id. */
export function isJobId(id: string): boolean {
  if (!UUID.test(id)) throw usageError(`Expected the id of a run or a job, got ${id}.`);
  return !id.endsWith('0000');
}

export function expectRunId(id: string): string {
  if (isJobId(id)) throw usageError(`Expected the id of a run, which ends in 0000, got that of a job: ${id}.`);
  return id;
}

/** The job of a run with that id. Throws a usage error if the run has fewer. */
export function jobOf(run: RunView, jobId: string): JobView {
  const job = run.jobs.find(({ id }) => id === jobId);
  if (!job) throw usageError(`Run ${run.id} has ${run.jobs.length} jobs, and none with the id ${jobId}.`);
  return job;
}

/** Collects `-p name=value`. */
export function addParameter(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
