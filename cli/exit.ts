import { ApiError } from '../client/http.ts';
import { isConnectionError, reasonOf } from '../client/retry.ts';
import type { State } from '../client/views.ts';

/** How the command ends. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  revokedOrTimedOut: 3,
  notReachedOrRefused: 4,
  bug: 70,
  interrupted: 130,
} as const;

/** An error whose message is all that the user needs. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): CliError => new CliError(EXIT.usage, message);

/** The exit code of a run that is over. */
export const exitCodeOf = (state: State): number =>
  state === 'SUCCESS' ? EXIT.ok : state === 'REVOKED' ? EXIT.revokedOrTimedOut : EXIT.failed;

/** What went wrong, in sentences that say what to do. `server` is what `program` called. */
export function toCliError(error: unknown, server: string, program: string): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof ApiError) return new CliError(EXIT.notReachedOrRefused, refusal(error, server, program));
  if (isConnectionError(error))
    return new CliError(
      EXIT.notReachedOrRefused,
      `${server} was not reached: ${reasonOf(error)}.\nIs it the right one (see ${program} --help), and does it run?`,
    );
  return new CliError(EXIT.bug, `This is a mistake in ${program}: ${(error as Error).stack ?? error}`);
}

function refusal({ status, message, problems }: ApiError, server: string, program: string): string {
  const details = problems.map(({ path, line, message }) => `\n  ${path}${line ? ` (line ${line})` : ''}: ${message}`);
  return `${message}${details.join('')}${advice(status, server, program)}`;
}

function advice(status: number, server: string, program: string): string {
  if (status === 401) return `\nGive ${server} a token that is valid: --token, ASYNC_API_TOKEN or the context file.`;
  if (status === 403) return `\nWhat you may do: ${program} whoami`;
  if (status >= 300 && status < 400) return `\nUse the address that it redirects to as the server.`;
  if (status === 429 || status >= 502) return '\nTry again later.';
  return '';
}
