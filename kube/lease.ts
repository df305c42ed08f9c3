/** A coordination.k8s.io/v1 Lease. Its times are MicroTime: exactly six decimals. */
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
  /** The new holder. */
  identity: string;
  leaseMs: number;
}

/** The body of an acquired or renewed Lease; with the resourceVersion that was read, so that a concurrent write causes a 409. */
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

/** The body of a released Lease: without a holder, so that another replica can acquire it at once. */
export const releasedLease = (lease: Lease, now: Date): object => ({
  ...lease,
  spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) },
});

/** The API server answers 400 unless a MicroTime has exactly six decimals. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');
