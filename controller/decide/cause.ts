/** Why a job is in its state, as its status reports it. */
export interface Cause {
  /** CamelCase, such as ErrImagePull. */
  reason: string;
  message?: string;
  /** Exit code of the job's container. */
  exitCode?: number;
}

const MAX_MESSAGE = 2048;

/** Keeps the end of a message: the last lines of a log tell most. */
export const truncatedMessage = (message: string | undefined): { message?: string } =>
  message ? { message: message.trim().slice(-MAX_MESSAGE) } : {};
