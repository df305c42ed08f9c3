import { expect, test } from '@jest/globals';
import { acquiredLease, type Lease, releasedLease } from '../../../kube/lease.ts';

const NOW = new Date('2026-11-26T12:00:00.000Z');
const EARLIER = '2026-11-26T11:00:00.000000Z';
const lease = (holderIdentity: string): Lease => ({
  metadata: { name: 'controller', resourceVersion: '7' },
  spec: { holderIdentity, acquireTime: EARLIER, leaseTransitions: 4 },
});
const acquired = (before: Lease | undefined) =>
  acquiredLease(before, { name: 'controller', identity: 'one', leaseMs: 15_000 }, NOW) as Lease;

test.each([
  ['a new lease starts without transitions', undefined, 0],
  ['a renewal is no transition', lease('one'), 4],
  ['taking over an expired lease is a transition', lease('other'), 5],
  ['acquiring a released lease is a transition', lease(''), 5],
])('%s', (_what, before, leaseTransitions) => {
  expect(acquired(before).spec).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 15, leaseTransitions });
});

test('a renewal moves renewTime alone, a takeover acquireTime too', () => {
  const now = '2026-11-26T12:00:00.000000Z';
  expect(acquired(lease('one')).spec).toMatchObject({ acquireTime: EARLIER, renewTime: now });
  expect(acquired(lease('other')).spec).toMatchObject({ acquireTime: now, renewTime: now });
});

test.each([acquired(lease('other')), releasedLease(lease('one'), NOW)])(
  'a write names the version that was read, so that a concurrent write is a conflict',
  (body) => {
    expect(body).toMatchObject({ metadata: { resourceVersion: '7' } });
  },
);
