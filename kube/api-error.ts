/** An error response of the API server: `code` is the HTTP status, `reason` that of the Status object. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  /** Reasons in the Status object's details.causes, such as ResourceVersionTooLarge. */
  readonly causes: string[];
  readonly retryAfterSeconds?: number;

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number, causes: string[] = []) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.causes = causes;
    if (retryAfterSeconds !== undefined) this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What etcd and its client say (as 500) of an object above their limits: 1.5 MiB by default, and 2 MiB. */
const TOO_LARGE = /etcdserver: request is too large|trying to send message larger than max/;

/** Whether the object is too large for the API server (413) or for etcd. Sending it again cannot help. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof ApiError && (error.code === 413 || (error.code >= 500 && TOO_LARGE.test(error.message)));

interface Status {
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number; causes?: { reason?: string }[] };
}

/**
 * Converts an error response to an ApiError. The body may be no Status object, since a proxy can answer too. `retryAfter` is
 * the header's value in seconds (RFC 9110, 10.2.3).
 */
export function toApiError(call: string, code: number, body: string, retryAfter?: string | string[]): ApiError {
  let status: Status;
  try {
    status = Object(JSON.parse(body));
  } catch {
    status = { message: body.slice(0, 500) };
  }
  const seconds = retryAfter === undefined ? status.details?.retryAfterSeconds : Number(retryAfter);
  const causes = status.details?.causes?.flatMap(({ reason }) => reason ?? []) ?? [];
  const message = status.message || `${call} was answered with ${code}`;
  return new ApiError(code, status.reason ?? '', message, seconds && seconds > 0 ? seconds : undefined, causes);
}
