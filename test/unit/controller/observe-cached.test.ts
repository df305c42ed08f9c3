import { expect, test } from '@jest/globals';
import type { Job } from '../../../controller/decide/types.ts';
import { failedCreate, failedPod, ID, job, run, runningPod, stored } from '../../support/builders.ts';
import { labelled, startObserver } from '../../support/observer.ts';

const cached = (world: Parameters<typeof startObserver>[0], recorded = run()) =>
  startObserver(world).observer.cached(recorded);
const ownedBy = (...ownerReferences: NonNullable<Job['metadata']['ownerReferences']>): Job => ({
  ...job(),
  metadata: { ...job().metadata, ownerReferences },
});

test('a Job counts if the run is its controller', () => {
  const ours = ownedBy({ kind: 'Other', uid: 'another-uid' }, { kind: 'GroupRun', uid: 'run-uid', controller: true });
  expect(cached({ cached: { jobs: [ours] } }).jobs).toEqual(new Map([[ID, ours]]));
  const other = ownedBy({ kind: 'GroupRun', uid: 'run-uid' }, { kind: 'Other', uid: 'another-uid', controller: true });
  expect(cached({ cached: { jobs: [other] } }).jobs).toEqual(new Map());
});

test('pods count by the UID of their Job, deleted ones too, and not those of an earlier Job of that name', () => {
  const [now, unlabelled, before] = [runningPod(1), runningPod(2), runningPod(3)];
  const pods = [labelled(now), labelled(unlabelled), labelled(before, 'earlier-uid')];
  delete pods[1]!.metadata.labels!['batch.kubernetes.io/controller-uid'];
  const observed = cached({ cached: { jobs: [job()], pods }, deleted: { pods } });
  expect(observed.pods).toEqual(new Map([[ID, pods.slice(0, 2)]]));
  expect(observed.deletedPods).toEqual(new Map([[ID, pods.slice(0, 2)]]));
});

test('the pods of a recorded Job count though the Job is gone', () => {
  const [left, gone] = [labelled(runningPod(1)), labelled(failedPod({}, 0))];
  const recorded = run(undefined, [stored('STARTED')]);
  const observed = cached({ cached: { pods: [left] }, deleted: { pods: [gone] } }, recorded);
  expect(observed).toMatchObject({ pods: new Map([[ID, [left]]]), deletedPods: new Map([[ID, [gone]]]) });
});

test('of the FailedCreate Events of a Job the latest counts, and none of an earlier Job of that name', () => {
  const [first, last, earlier] = ['2026-11-24T11:10:00Z', '2026-11-24T11:40:00Z', '2026-11-24T11:50:00Z'].map((at) =>
    failedCreate(at),
  );
  earlier!.involvedObject.uid = 'earlier-uid';
  const observed = cached({ cached: { jobs: [job()], failedCreates: [last!, first!, earlier!] } });
  expect(observed.failedCreates).toEqual(new Map([[ID, last]]));
});
