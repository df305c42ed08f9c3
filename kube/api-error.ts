/** An answer of the API server that is not a success. `code` is the HTTP status, `reason` the Status object's. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  /** What the Status object's details name, such as ResourceVersionTooLarge. */
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

interface Status {
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number; causes?: { reason?: string }[] };
}

/**
 * The body of an error answer, as an ApiError. It need not be a Status: a proxy may have answered. `retryAfter` is the
 * header's value in seconds (RFC 9110, 10.2.3).
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
