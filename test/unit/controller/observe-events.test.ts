import { expect, test } from '@jest/globals';
import { paths } from '../../../contract/paths.ts';
import type { Event, Pod } from '../../../controller/decide/types.ts';
import { Observer } from '../../../controller/observe.ts';
import { failedCreate, ID, job, podEvent, run, waitingPod } from '../../support/builders.ts';

const POD = waitingPod('ContainerCreating');

/** What is observed of a run whose Job has POD, for these cached Events. */
function observe(podEvents: Event[], failedCreates: Event[] = [], pods: Pod[] = [POD]) {
  const byName = (events: Event[]) => (name: string) => events.filter((one) => one.involvedObject.name === name);
  const caches = {
    runs: { get: () => run() },
    jobs: { byIndex: () => [job()] },
    pods: { byIndex: () => pods },
    failedCreates: { byIndex: byName(failedCreates) },
    podEvents: { byIndex: byName(podEvents) },
    tombstones: { job: () => undefined, pods: () => [] },
  };
  const client = { request: () => Promise.reject(new Error('Expected no call')) };
  return new Observer(client, caches, paths('n')).cached(run());
}

test('the Events of the pods of a Job are observed, those of other pods are not', () => {
  const other = { ...POD, metadata: { ...POD.metadata, name: 'other' } };
  expect(observe([podEvent(other), podEvent(POD)]).podEvents).toEqual(new Map([[ID, [podEvent(POD)]]]));
  const ofOtherJob = { ...POD.metadata, labels: { 'batch.kubernetes.io/controller-uid': 'earlier' } };
  expect(observe([podEvent(POD)], [], [{ ...POD, metadata: ofOtherJob }]).podEvents).toEqual(new Map([[ID, []]]));
});

test('of the FailedCreate Events of a Job the one that was seen last is observed', () => {
  const { lastTimestamp, ...untimed } = failedCreate();
  const last = { ...untimed, eventTime: '2026-11-24T11:30:00.500000Z' };
  expect(observe([], [last, failedCreate()]).failedCreates).toEqual(new Map([[ID, last]]));
});
