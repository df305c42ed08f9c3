import { describe, expect, test } from '@jest/globals';
import { blockedCause } from '../../../../controller/decide/blocked.ts';
import { nextChange } from '../../../../controller/decide/plan.ts';
import { jobStatus } from '../../../../controller/decide/status.ts';
import { stopDue } from '../../../../controller/decide/stop-due.ts';
import type { Event, Pod } from '../../../../controller/decide/types.ts';
import {
  failedCreate,
  failedPod,
  ID,
  job,
  NOW,
  observed,
  observedRun,
  podEvent,
  run,
  runningPod,
  stored,
  unschedulablePod,
  waitingPod,
} from '../../../support/builders.ts';

const CREATING = waitingPod('ContainerCreating');
const MOUNT = { reason: 'FailedMount', message: 'configmap "missing" not found' };
/** What blocks a job that has this pod and this Event about it. */
const cause = (pod: Pod, event: Partial<Event> = {}) =>
  blockedCause(observed({ pods: [pod], podEvents: [podEvent(pod, event)] }));
const withStatus = (pod: Pod, status: Pod['status']): Pod => ({ ...pod, status: { ...pod.status, ...status } });
const ready = (status: string) => ({ conditions: [{ type: 'PodReadyToStartContainers', status }] });

describe('an Event that says why a pod cannot be set up blocks a job', () => {
  test.each<[string, Pod]>([
    ['whose container is being created', CREATING],
    ['whose init containers are due', waitingPod('PodInitializing')],
    ['of whose container nothing is known', { ...CREATING, status: { phase: 'Pending' } }],
    ['whose pod has no status', { metadata: CREATING.metadata }],
    ['whose pod lacks its sandbox', withStatus(CREATING, ready('False'))],
  ])('%s', (_what, pod) => {
    expect(cause(pod)).toEqual(MOUNT);
  });

  test('with the reason and message of the newest', () => {
    const events = [
      podEvent(CREATING, { reason: 'NetworkNotReady', lastTimestamp: '2026-11-24T11:29:00Z' }),
      podEvent(CREATING, {
        reason: 'FailedCreatePodSandBox',
        message: 'no CNI',
        lastTimestamp: '2026-11-24T11:31:00Z',
      }),
      podEvent(CREATING),
    ];
    expect(blockedCause(observed({ pods: [CREATING], podEvents: events }))).toEqual({
      reason: 'FailedCreatePodSandBox',
      message: 'no CNI',
    });
  });

  test('from when it is seen until the pending deadline', () => {
    const one = { pods: [CREATING], podEvents: [podEvent(CREATING)] };
    expect(jobStatus(observed(one), NOW)).toMatchObject({
      state: 'PENDING',
      ...MOUNT,
      pendingSince: NOW.toISOString(),
    });
    const previous = stored('PENDING', { ...MOUNT, pendingSince: new Date(NOW.getTime() - 120_000).toISOString() });
    expect(stopDue(observed({ ...one, previous }), NOW)).toMatchObject({ reason: 'FailedMount' });
    const waiting = observedRun({
      run: run(undefined, [stored('PENDING', { ...MOUNT, pendingSince: NOW.toISOString() })]),
      jobs: new Map([[ID, job()]]),
      pods: new Map([[ID, [CREATING]]]),
      podEvents: new Map([[ID, [podEvent(CREATING)]]]),
    });
    expect(nextChange(waiting, NOW)).toBe(NOW.getTime() + 120_000);
  });
});

describe('an Event about the setup of a pod does not block a job', () => {
  test.each<[string, Pod]>([
    ['whose pod has its sandbox, network and volumes', withStatus(CREATING, ready('True'))],
    ['whose pod runs', runningPod()],
    ['whose pod has run', withStatus(CREATING, { phase: 'Running' })],
    ['whose pod has failed', failedPod()],
  ])('%s', (_what, pod) => {
    expect(cause(pod)).toBeUndefined();
  });

  test('if it is about an earlier pod of the same name', () => {
    expect(cause(CREATING, { involvedObject: { name: CREATING.metadata.name, uid: 'other' } })).toBeUndefined();
  });

  test('that has a better reason', () => {
    expect(cause(waitingPod('ErrImagePull'))).toMatchObject({ reason: 'ErrImagePull' });
    expect(cause(unschedulablePod())).toMatchObject({ reason: 'Unschedulable' });
  });
});

describe('a FailedCreate Event', () => {
  const retried = { pods: [failedPod({}, 30)] };

  test('is outdated if it is older than the newest pod, compared as times', () => {
    const at = (lastTimestamp: string | null, eventTime?: string): Event => ({
      ...failedCreate(),
      lastTimestamp,
      ...(eventTime && { eventTime }),
    });
    expect(blockedCause(observed({ ...retried, failedCreate: at('2026-11-24T11:29:59Z') }))).toBeUndefined();
    for (const event of [at('2026-11-24T11:30:00Z'), at(null, '2026-11-24T11:30:00.500000Z')])
      expect(blockedCause(observed({ ...retried, failedCreate: event }))).toMatchObject({ reason: 'FailedCreate' });
  });

  test('does not count while a pod is open', () => {
    expect(blockedCause(observed({ pods: [CREATING], failedCreate: failedCreate() }))).toBeUndefined();
  });
});
