/** The API server's answer to a call, or the one that a fault gives in its place. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A Status as the API server writes it. */
export function statusAnswer(status: number, reason: string, headers: Record<string, string> = {}): Answer {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    code: status,
    message: `fault: ${reason}`,
  };
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export const TOO_MANY_REQUESTS = statusAnswer(429, 'TooManyRequests', { 'retry-after': '1' });
export const INTERNAL_ERROR = statusAnswer(500, 'InternalError');
export const TIMEOUT = statusAnswer(504, 'Timeout');
export const EXPIRED = statusAnswer(410, 'Expired');

/** By how much a fault named `late` delays an answer or an event. */
export const LATE_MS = 3000;
