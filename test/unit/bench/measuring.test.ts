import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { needsIds, readCrd, withoutSchema } from '../../../bench/crd.ts';
import { statusWith } from '../../../bench/finished-runs.ts';
import { newRun } from '../../../bench/groups.ts';
import { rawJobs } from '../../../bench/raw-jobs.ts';
import { Rounds } from '../../../bench/rounds.ts';
import type { GroupRun } from '../../../contract/group-run.ts';
import { Progress } from '../../../dev/cluster/progress.ts';
import { run } from '../../support/builders.ts';

class Quiet extends Progress {
  override step<T>(_what: string, work: () => Promise<T>): Promise<T> {
    return work();
  }
}

const storedRun = (size: number): GroupRun => ({ ...run(), spec: newRun(size).spec });

test('each round begins with another side', async () => {
  const order: string[] = [];
  const side = (name: string) => async () => order.push(name);
  const results = await new Rounds(3, new Quiet()).compare('it', { ours: side('ours'), limit: side('limit') });
  expect(order).toEqual(['ours', 'limit', 'limit', 'ours', 'ours', 'limit']);
  expect(results).toEqual({ ours: [1, 4, 5], limit: [2, 3, 6] });
});

test('what takes minutes has fewer rounds', async () => {
  const rounds = new Rounds(5, new Quiet());
  expect(await rounds.repeat('it', async () => 1, 2)).toEqual([1, 1]);
  expect(await rounds.repeat('it', async () => 1, 9)).toHaveLength(5);
});

test('sides that take turns are called one after the other, and times come by round', async () => {
  const order: string[] = [];
  const side = (name: string) => async () => void order.push(name);
  const after = async () => void order.push('|');
  const sides = { ours: side('o'), limit: side('l') };
  const times = await new Rounds(2, new Quiet()).takeTurns('it', 2, sides, after);
  expect(order.join('')).toBe('olol|olol|');
  expect(times.ours.map((round) => round.length)).toEqual([2, 2]);
});

test('a run is stored with the status that the controller would write', () => {
  const status = statusWith(storedRun(10), 4);
  expect(status).toMatchObject({ state: 'STARTED', succeeded: '4/10', counts: { success: 4, started: 6 } });
  expect(statusWith({ ...storedRun(10), status }, 10)).toMatchObject({ state: 'SUCCESS', counts: { success: 10 } });
});

test("the limit's Jobs are the controller's, with names of their own and one owner", () => {
  const owner = run();
  const jobs = rawJobs(owner, 2, 3, 'image') as { metadata: { name: string; ownerReferences: object[] } }[];
  expect(new Set(jobs.map(({ metadata }) => metadata.name)).size).toBe(6);
  for (const { metadata } of jobs) {
    expect(metadata.ownerReferences).toMatchObject([{ name: owner.metadata.name, uid: 'run-uid', controller: true }]);
  }
});

test('the CRD of the limit has no schema, but the same versions and subresources', async () => {
  const crd = await readCrd(join(import.meta.dirname, '../../../manifests/core/crd.yaml'));
  const { schema, ...version } = withoutSchema(crd).spec.versions[0]!;
  expect(schema.openAPIV3Schema).toEqual({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  expect(version).toMatchObject({ name: 'v1alpha1', subresources: { status: {} } });
});

test('a CRD says whether its entries need ids', async () => {
  const crd = await readCrd(join(import.meta.dirname, '../../../manifests/core/crd.yaml'));
  expect(needsIds(crd)).toBe(false);
  const { status } = crd.spec.versions[0]!.schema.openAPIV3Schema.properties!;
  status!.properties!.jobs!.items!.required!.push('id');
  expect(needsIds(crd)).toBe(true);
});
