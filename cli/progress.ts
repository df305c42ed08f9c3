import { printable } from '../client/printable.ts';
import type { JobView } from '../client/views.ts';
import type { Io } from './io.ts';

/** Tells on stderr how far it is: one line that is rewritten on a terminal, else a line for each change. */
export class Progress {
  readonly #io: Io;
  #shown = '';

  constructor(io: Io) {
    this.#io = io;
  }

  show(text: string): void {
    const line = printable(text).replaceAll('\n', ' ');
    if (line === this.#shown) return;
    this.#shown = line;
    const { isErrTerminal, columns } = this.#io;
    const fitted = line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
    this.#io.err(isErrTerminal ? `\r\x1b[2K${fitted}` : `${line}\n`);
  }

  /** Makes room for other output: the line goes, and the next `show` writes it again. */
  clear(): void {
    if (this.#io.isErrTerminal && this.#shown !== '') this.#io.err('\r\x1b[2K');
    this.#shown = '';
  }
}

/** How many failed jobs are named. */
const MAX_NAMED = 3;

/** `3/10 done, 2 running, 1 failed: job_a2 DeadlineExceeded`. Blocked jobs are named too: they need somebody. */
export function describeJobs(jobs: readonly Pick<JobView, 'name' | 'state' | 'reason'>[]): string {
  const those = (...states: JobView['state'][]) => jobs.filter(({ state }) => states.includes(state));
  const parts = [`${those('SUCCESS', 'FAILURE', 'REVOKED').length}/${jobs.length} done`];
  const count = (what: string, some: readonly unknown[]) => some.length > 0 && parts.push(`${some.length} ${what}`);
  count('running', those('STARTED'));
  count('retrying', those('RETRY'));
  count('revoked', those('REVOKED'));
  const blocked = those('PENDING').filter(({ reason }) => reason && !['WaitsForJobs', 'Cancelled'].includes(reason));
  if (blocked.length > 0) parts.push(`${blocked.length} blocked: ${named(blocked)}`);
  const failed = those('FAILURE');
  if (failed.length > 0) parts.push(`${failed.length} failed: ${named(failed)}`);
  return parts.join(', ');
}

function named(jobs: readonly Pick<JobView, 'name' | 'reason'>[]): string {
  const some = jobs.slice(0, MAX_NAMED).map(({ name, reason }) => (reason ? `${name} ${reason}` : name));
  const more = jobs.length - some.length;
  return some.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
