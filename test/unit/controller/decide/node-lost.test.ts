import { expect, test } from '@jest/globals';
import { podOnLostNode } from '../../../../controller/decide/node-lost.ts';
import type { Pod } from '../../../../controller/decide/types.ts';
import { NOW, runningPod, unreachablePod, waitingPod } from '../../../support/builders.ts';

const notReady = (pod: Pod): Pod => ({
  ...pod,
  status: { ...pod.status, conditions: [{ type: 'Ready', status: 'False' }] },
});

test('a pod that runs and is not ready is on a lost node', () => {
  const lost = notReady(runningPod());
  expect(podOnLostNode([waitingPod('ContainerCreating'), lost], false, NOW)).toBe(lost);
});

test('a pod that is not ready because it has not started is not on a lost node', () => {
  expect(podOnLostNode([notReady(waitingPod('ContainerCreating'))], false, NOW)).toBeUndefined();
});

test('of a stopped Job a pod is on a lost node 30 s after its deletionTimestamp, not a second before', () => {
  const [late, early] = ['2026-11-24T11:59:30Z', '2026-11-24T11:59:31Z'].map(unreachablePod);
  expect(podOnLostNode([late!], true, NOW)).toBe(late);
  expect(podOnLostNode([early!], true, NOW)).toBeUndefined();
});
