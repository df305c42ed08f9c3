import { describe, expect, test } from '@jest/globals';
import { firstStartTime, hasEnded, trueCondition, wasDeleted } from '../../../../controller/decide/pods.ts';
import type { Pod } from '../../../../controller/decide/types.ts';
import {
  deletedPod,
  endingPod,
  evictedPod,
  failedPod,
  job,
  runningPod,
  waitingPod,
  withSidecar,
} from '../../../support/builders.ts';

test.each(['False', 'Unknown'])('a condition that is %s is not true', (status) => {
  expect(trueCondition(job({ type: 'Suspended', status }), 'Suspended')).toBeUndefined();
});

test.each<[string, Pod]>([
  ['succeeded, without the state of its container', { ...evictedPod(), status: { phase: 'Succeeded' } }],
  ['failed, without the state of its container', evictedPod()],
  ['has a container that ended', endingPod()],
])('a pod that %s has ended', (_, pod) => {
  expect(hasEnded(pod)).toBe(true);
});

test.each<[string, Pod]>([
  ['runs', runningPod()],
  ['runs another container beside', withSidecar(runningPod())],
  ['waits', waitingPod('ContainerCreating')],
])('a pod that %s has not ended', (_, pod) => {
  expect(hasEnded(pod)).toBe(false);
});

describe('the first start of several pods', () => {
  test('is the earliest of those that run or ended', () => {
    const pods = [runningPod(9), failedPod({}, 3), failedPod({}, 4)];
    expect(firstStartTime(pods)).toBe('2026-11-24T11:03:05Z');
  });

  test('is not 1970, which a container reports that could not be started', () => {
    const unstarted = failedPod({ reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' });
    expect(firstStartTime([unstarted])).toBeUndefined();
    expect(firstStartTime([unstarted, runningPod(9)])).toBe('2026-11-24T11:09:05Z');
  });
});

/** Its deletion was requested at 11:19:30, with 30 s of grace. */
const ended = (fields: Parameters<typeof failedPod>[0]) => deletedPod(failedPod(fields));

describe('a pod was deleted before it ended', () => {
  test.each<[string, Pod]>([
    ['runs', deletedPod(runningPod())],
    ['ended at the end of its grace period', ended({ finishedAt: '2026-11-24T11:20:00Z' })],
    ['ended when the deletion was requested', ended({ finishedAt: '2026-11-24T11:19:30Z' })],
    [
      'ended within two seconds before: the kubelet’s final deletion is late',
      ended({ finishedAt: '2026-11-24T11:19:28Z' }),
    ],
    ['was killed, however late the final deletion is', ended({ exitCode: 137, finishedAt: '2026-11-24T11:10:00Z' })],
    [
      'was terminated, however late the final deletion is',
      ended({ exitCode: 143, finishedAt: '2026-11-24T11:10:00Z' }),
    ],
    ['was OOMKilled in its grace period', ended({ exitCode: 137, reason: 'OOMKilled' })],
  ])('if it %s', (_, pod) => {
    expect(wasDeleted(pod)).toBe(true);
  });

  test.each<[string, Pod]>([
    ['ended by itself before', ended({ finishedAt: '2026-11-24T11:19:27Z' })],
    ['was OOMKilled before', ended({ exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-24T11:10:00Z' })],
    ['was killed, and is not deleted', failedPod({ exitCode: 137 })],
  ])('but not if it %s', (_, pod) => {
    expect(wasDeleted(pod)).toBe(false);
  });
});
