import { expect, test } from '@jest/globals';
import type { Job } from '../../../controller/decide/types.ts';
import { Tombstones } from '../../../controller/tombstones.ts';
import { failedPod, ID, job, runningPod } from '../../support/builders.ts';
import { labelled } from '../../support/observer.ts';

const ended = (uid: string): Job => {
  const one = job({ type: 'FailureTarget' });
  return { ...one, metadata: { ...one.metadata, uid } };
};

test('a deleted Job is remembered by its UID, if it had its outcome', () => {
  const tombstones = new Tombstones();
  tombstones.addJob(ended('a'));
  tombstones.addJob(job());
  expect(tombstones.job('a')).toEqual(ended('a'));
  expect(tombstones.job('job-uid')).toBeUndefined();
});

test('deleted pods are remembered by the name of their Job, each once, as it was seen last', () => {
  const tombstones = new Tombstones();
  for (const pod of [runningPod(1), runningPod(2), failedPod({}, 1)]) tombstones.addPod(labelled(pod));
  tombstones.addPod(labelled(runningPod(3), 'other-uid', 'other'));
  tombstones.addPod(runningPod(4));
  expect(tombstones.pods(ID)).toEqual([labelled(failedPod({}, 1)), labelled(runningPod(2))]);
  expect(tombstones.pods('none')).toEqual([]);
});

test('the last thousand are remembered', () => {
  const tombstones = new Tombstones();
  const names = Array.from({ length: 1001 }, (_, i) => `${i}`);
  for (const name of names) {
    tombstones.addJob(ended(name));
    tombstones.addPod(labelled(runningPod(), name, name));
  }
  expect(names.filter((name) => !tombstones.job(name))).toEqual(['0']);
  expect(names.filter((name) => tombstones.pods(name).length === 0)).toEqual(['0']);
});

test('of one Job the last fifty pods are remembered', () => {
  const tombstones = new Tombstones();
  for (let i = 0; i < 60; i++) {
    const pod = labelled(runningPod());
    tombstones.addPod({ ...pod, metadata: { ...pod.metadata, uid: `${i}` } });
  }
  const uids = tombstones.pods(ID).map(({ metadata }) => Number(metadata.uid));
  expect(uids).toEqual(Array.from({ length: 50 }, (_, i) => i + 10));
});
