/** One call of a process of ours to the API server, as a proxy saw it. */
export interface Call {
  /** Which process made it: api, controller or standby. */
  sender: string;
  /** What it is, in words that are the same in each life of the same scenario, such as `POST jobs/1`. */
  label: string;
  /** How many calls with this label the sender made since the recording began, this one included. */
  occurrence: number;
  /** What the sender was answered; absent while it was not, and where its connection was cut. */
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

/** The call's name in a fault point: its label, and which of several it is. */
export const callName = ({ label, occurrence }: Pick<Call, 'label' | 'occurrence'>): string =>
  occurrence === 1 ? label : `${label} #${occurrence}`;

export const isWatch = (label: string): boolean => label.startsWith('WATCH ');
export const isList = (label: string): boolean => label.startsWith('LIST ');
export const isMutating = (label: string): boolean => /^(POST|PUT|PATCH|DELETE) /.test(label);

/**
 * A label without anything random: the verb, the resource, the number of the job in its run, and what the body asks for.
 * A path that is not of a namespaced resource is its own label.
 */
export function labelOf({ method, url, body }: Request): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, resource, name, subresource] =
    pathname.match(/\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/) ?? [];
  if (resource === undefined) return `${method} ${pathname}`;
  if (searchParams.get('watch') === 'true') return `WATCH ${resource}`;
  if (method === 'GET' && name === undefined) {
    const ofOne = searchParams.get('labelSelector')?.match(/job-name=[0-9a-f-]+([0-9a-f]{4})$/)?.[1];
    return `LIST ${resource}${ofOne ? ` of job ${Number.parseInt(ofOne, 16)}` : ''}`;
  }
  const asked = (body ?? {}) as Body;
  const what = [
    resource,
    ...(resource === 'jobs' ? [jobNumber(name ?? asked.metadata?.name)] : []),
    ...(subresource ? [subresource] : []),
  ].join('/');
  return [method, what, ...details(method, resource, asked)].join(' ');
}

/** The number of a job in its run; `?` for a name that is not an id of ours. */
const jobNumber = (name = ''): string => {
  const digits = name.match(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{8}([0-9a-f]{4})$/)?.[1];
  return digits ? String(Number.parseInt(digits, 16)) : '?';
};

function details(method: string, resource: string, { reason, spec, status }: Body): string[] {
  if (resource === 'events') return reason ? [reason] : [];
  if (resource === 'leases') return spec ? [leaseDetail(spec)] : [];
  if (method !== 'PATCH') return [];
  return [...Object.keys(spec ?? {}), ...(status?.jobs ?? []).map(({ state }) => state)];
}

/** A holder that has just come names the same time twice: since when it holds the lease, and when it last said so. */
const leaseDetail = ({ holderIdentity, acquireTime, renewTime }: Record<string, unknown>): string =>
  !holderIdentity ? 'release' : acquireTime === renewTime ? 'acquire' : 'renew';
