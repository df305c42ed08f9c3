/** A Lease as the API server keeps it (coordination.k8s.io/v1); its times are MicroTime: six decimals. */
export interface Lease {
  metadata: { name: string; resourceVersion?: string };
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
  };
}

interface LeaseOptions {
  name: string;
  /** Who is to hold it. */
  identity: string;
  leaseMs: number;
}

/** The lease as its new holder, or the one that renews it, writes it; guarded by the version that was read, where there is one. */
export function acquiredLease(lease: Lease | undefined, { name, identity, leaseMs }: LeaseOptions, now: Date): object {
  const isHolder = lease?.spec?.holderIdentity === identity;
  const at = microTime(now);
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...(lease ? { resourceVersion: lease.metadata.resourceVersion } : {}) },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseMs / 1000),
      acquireTime: isHolder ? lease.spec?.acquireTime : at,
      renewTime: at,
      leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (lease && !isHolder ? 1 : 0),
    },
  };
}

/** The lease as its holder gives it up: the next candidate need not wait for its end. */
export const releasedLease = (lease: Lease, now: Date): object => ({
  ...lease,
  spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) },
});

/** A time as MicroTime has it: exactly six decimals, or the API server answers 400. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');
