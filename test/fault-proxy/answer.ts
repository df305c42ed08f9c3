/** What the sender of a call gets back. */
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
