import { expect, test } from '@jest/globals';
import { isOutlived, outlivedAt } from '../../../../controller/decide/sidecar.ts';
import type { Pod } from '../../../../controller/decide/types.ts';
import { endingPod, failedPod, runningPod, withSidecar } from '../../../support/builders.ts';

/** The container `job` ended at 11:20. */
const outlived = withSidecar(failedPod());

test('a pod is outlived ten seconds after the container of the job ended, not a millisecond before', () => {
  expect(outlivedAt(outlived)).toBe(Date.parse('2026-11-24T11:20:10Z'));
  expect(isOutlived(outlived, new Date('2026-11-24T11:20:10.000Z'))).toBe(true);
  expect(isOutlived(outlived, new Date('2026-11-24T11:20:09.999Z'))).toBe(false);
});

test.each<[string, Pod]>([
  ['has no other container', endingPod()],
  [
    'is finished, whatever the other container is said to do',
    { ...outlived, status: { ...outlived.status, phase: 'Failed' } },
  ],
  ['runs the job', withSidecar(runningPod())],
])('a pod that %s is never outlived', (_, pod) => {
  expect(outlivedAt(pod)).toBe(Number.POSITIVE_INFINITY);
});
