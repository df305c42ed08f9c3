/** A call of one of our processes to the API server, as its proxy recorded it. */
export interface Call {
  /** Which process made it: api, controller or standby. */
  sender: string;
  /** A description that is the same in each trial of a scenario, such as `POST jobs/1`. */
  label: string;
  /** Its number among the sender's calls with this label since the recording began, from 1. */
  occurrence: number;
  /** Number of the sender's TCP connection that it came over. */
  connection: number;
  /** The status of the answer; absent before it, and where the connection was cut. */
  status?: number;
}

export interface Request {
  method: string;
  /** Path and query. */
  url: string;
  body?: unknown;
}

interface Body {
  reason?: string;
  metadata?: { name?: string };
  spec?: Record<string, unknown>;
  status?: { jobs?: { state: string }[] };
}

/** The call's name in a fault point: its label, with its number from the second on. */
export const callName = ({ label, occurrence }: Pick<Call, 'label' | 'occurrence'>): string =>
  occurrence === 1 ? label : `${label} #${occurrence}`;

export const isWatch = (label: string): boolean => label.startsWith('WATCH ');
export const isList = (label: string): boolean => label.startsWith('LIST ');
export const isMutating = (label: string): boolean => /^(POST|PUT|PATCH|DELETE) /.test(label);

/**
 * A label without random parts: the verb, the resource, the job's index in its run, and what the body asks for. For a path
 * outside namespaces, the verb and the path.
 */
export function labelOf({ method, url, body }: Request): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, resource, name, subresource] =
    pathname.match(/\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/) ?? [];
  if (resource === undefined) return `${method} ${pathname}`;
  if (searchParams.get('watch') === 'true') return `WATCH ${resource}`;
  if (method === 'GET' && name === undefined) {
    const names = searchParams.get('labelSelector')?.match(/job-name in \((.*)\)$/)?.[1];
    return `LIST ${resource}${names ? ` of job ${names.split(',').map(jobNumber).join(',')}` : ''}`;
  }
  if (method === 'DELETE' && name === undefined) return `DELETE ${resource}`;
  const asked = (body ?? {}) as Body;
  const what = [
    resource,
    ...(resource === 'jobs' ? [jobNumber(name ?? asked.metadata?.name)] : []),
    ...(subresource ? [subresource] : []),
  ].join('/');
  return [method, what, ...details(method, resource, asked)].join(' ');
}

/** The index of a job in its run; `?` for a name that is not a job's id. */
const jobNumber = (name = ''): string => {
  const digits = name.match(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{8}([0-9a-f]{4})$/)?.[1];
  return digits ? String(Number.parseInt(digits, 16)) : '?';
};

function details(method: string, resource: string, { reason, spec, status }: Body): string[] {
  if (resource === 'events') return reason ? [reason] : [];
  if (resource === 'leases') return spec ? [leaseDetail(spec)] : [];
  if (method !== 'PATCH' && method !== 'PUT') return [];
  return [...Object.keys(spec ?? {}), ...(status?.jobs ?? []).map(({ state }) => state)];
}

/** In a lease that was just acquired, acquireTime equals renewTime. */
const leaseDetail = ({ holderIdentity, acquireTime, renewTime }: Record<string, unknown>): string =>
  !holderIdentity ? 'release' : acquireTime === renewTime ? 'acquire' : 'renew';
