import { expect, test } from '@jest/globals';
import { blockedCause } from '../../../../controller/decide/blocked.ts';
import type { Pod } from '../../../../controller/decide/types.ts';
import { failedCreate, failedPod, observed, runningPod, waitingPod } from '../../../support/builders.ts';

const cause = (pods: Pod[]) => blockedCause(observed({ pods, failedCreate: failedCreate('2026-11-24T11:30:00Z') }));

test.each<[string, Pod[]]>([
  ['it has no pod', []],
  ['its pods ended before', [failedPod({}, 29)]],
  ['its pod was created in that second and ended', [failedPod({}, 30)]],
])('a FailedCreate Event blocks a job if %s', (_, pods) => {
  expect(cause(pods)).toEqual({ reason: 'FailedCreate', message: 'exceeded quota: pods' });
});

test.each<[string, Pod[]]>([
  ['is being started, though it is older', [waitingPod('ContainerCreating')]],
  ['runs, though it is older', [runningPod()]],
  ['ended and is newer', [failedPod({}, 31)]],
])('a FailedCreate Event does not block a job whose pod %s', (_, pods) => {
  expect(cause(pods)).toBeUndefined();
});
