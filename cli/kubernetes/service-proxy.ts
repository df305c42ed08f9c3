import { Agent, fetch as send } from 'undici';
import { Calls } from '../../client/calls.ts';
import type { Connection } from '../../kube/connection.ts';
import { missingRight } from './errors.ts';

/** The Service of manifests/base, and the name of its port. */
const SERVICE = 'async-api:http';

const NO_TOKEN =
  'The service asks for a token, and the API server does not pass yours on. Call the service itself: async-api --server URL, with a token.';

/**
 * The REST service by way of the API server, for what only the service knows: the definitions of groups. It needs the right to
 * services/proxy, and a service that takes callers without a token.
 */
export function serviceProxy({ server, tls, headers }: Connection, namespace: string) {
  const agent = new Agent({ connect: { ...tls, allowH2: false } });
  const base = `${server}/api/v1/namespaces/${namespace}/services/${SERVICE}/proxy`;
  const viaServer = async (path: unknown, init: RequestInit = {}): Promise<Response> => {
    const own = { ...Object.fromEntries(new Headers(init.headers)), ...(await headers()) };
    const options = { ...init, headers: own, dispatcher: agent } as Parameters<typeof send>[1];
    const response = (await send(`${base}${path}`, options)) as unknown as Response;
    if (response.status === 401) return problem(401, NO_TOKEN);
    if (response.ok) return response;
    const text = await response.text();
    const said = statusMessage(text);
    if (said === undefined) return new Response(text, { status: response.status, headers: response.headers });
    const verb = init.method === 'POST' ? 'create' : 'get';
    const right = `${verb} services/proxy of ${SERVICE} in namespace ${namespace}, by which this command reaches the service`;
    return problem(response.status, response.status === 403 ? missingRight(right, said) : said);
  };
  const http = { fetch: viaServer as typeof fetch, token: () => undefined, onAge: () => {}, onUnauthorized: () => {} };
  return { calls: new Calls(http), close: () => agent.destroy() };
}

const problem = (status: number, detail: string): Response => Response.json({ detail }, { status });

/** What the API server says, if the answer is its own and not that of the service. */
function statusMessage(text: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(text) as { kind?: string; message?: string };
    return kind === 'Status' ? (message ?? '') : undefined;
  } catch {
    return undefined;
  }
}
