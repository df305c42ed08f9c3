import type { JobStatus } from '../../contract/group-run.ts';

/**
 * What the job's status kept of its output: the last lines of a process that failed, which the kubelet takes for its message.
 * Undefined if nothing was kept: any other message is that of a Job, a node or a container runtime.
 */
export function keptOutput({ reason, message, exitCode }: JobStatus, tailLines?: number): string | undefined {
  if (message === undefined || exitCode === undefined || (reason !== 'Error' && reason !== 'OOMKilled'))
    return undefined;
  const lines = message.split('\n');
  return lines.slice(tailLines === undefined ? 0 : Math.max(0, lines.length - tailLines)).join('\n');
}

/** A process writes its first line sooner as a rule. Starts of containers have whole seconds. */
const PROMPT_SECONDS = 2;

/**
 * The Log-May-Be-Cut header (an Item of RFC 9651) of a log whose first line is from `firstLineAfter` seconds after the start of
 * its container; undefined if it came promptly. A node begins a new file when a log is larger than 10 MiB
 * (containerLogMaxSize) and answers with the newest. It does not say so, and a process may have had nothing to write before.
 */
export const maybeCut = (firstLineAfter = 0): string | undefined =>
  firstLineAfter < PROMPT_SECONDS ? undefined : `rotated;first-line-after=${firstLineAfter}`;
