import { type Answer, statusAnswer } from './answer.ts';

/** Leases by path, each with the number of its writes. */
export type Leases = Map<string, { writes: number; lease: { metadata?: object } }>;

/** The answer to a call for a Lease from an API server without other clients. Stores what the call writes. */
export function answerLease(leases: Leases, method: string, url: string, body: unknown): Answer {
  const { pathname } = new URL(url, 'http://localhost');
  const asked = (body ?? {}) as { metadata?: { name?: string } };
  const path = method === 'POST' ? `${pathname}/${asked.metadata?.name}` : pathname;
  const writes = (leases.get(path)?.writes ?? 0) + 1;
  if (method !== 'GET') {
    const metadata = { ...asked.metadata, uid: 'false-lease', resourceVersion: String(writes) };
    leases.set(path, { writes, lease: { ...asked, metadata } });
  }
  const found = leases.get(path);
  if (!found) return statusAnswer(404, 'NotFound');
  return {
    status: method === 'POST' ? 201 : 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(found.lease),
  };
}
