import { expect, test } from '@jest/globals';
import { RunTransform } from '../../../../api/runs/finished-run.ts';
import { jobStatusAt, justFinished, runView } from '../../../../api/views/run-view.ts';
import { eventsSince, initialCursor } from '../../../../api/views/sse.ts';
import type { GroupRun } from '../../../../contract/group-run.ts';
import { definition, run, stored } from '../../../support/builders.ts';

const nameAt = (_: unknown, index: number) => `job_${index}`;

/** A run of that many jobs, all over, as the API server sends it. */
function finished(count: number, fields: Partial<GroupRun['spec']> = {}): GroupRun {
  const names = Array.from({ length: count }, nameAt);
  const statuses = names.map((name, index) =>
    index % 2 === 0
      ? stored('FAILURE', { name, reason: 'Error', message: `line ${index} of Zoë`, exitCode: 3, attempts: 2 })
      : stored('SUCCESS', { name, result: `{"Zoë": "\\u2028 ${index}", "__proto__": []}` }),
  );
  const one = run(
    names.map((name, index) => definition({ name, ...(index === 2 && { needs: names.slice(0, 2) }) })),
    statuses,
  );
  const annotations = {
    'async-api.dev/allow': '[["alice"]]',
    'async-api.dev/request': 'hash',
    'example.org/other': 'x',
  };
  const counts = { pending: 0, started: 0, retry: 0, success: 0, failure: count, revoked: 0 };
  return {
    ...one,
    metadata: { ...one.metadata, annotations },
    spec: {
      ...one.spec,
      parallelism: 2,
      onFailure: 'cancel',
      rerunOf: 'other',
      cancel: true,
      parameters: { day: 'today' },
      ...fields,
    },
    status: {
      ...one.status,
      state: 'FAILURE',
      startedAt: '2026-11-24T11:00:00Z',
      finishedAt: '2026-11-24T11:20:00Z',
      counts,
    },
  };
}

test.each([1, 12, 1000])('a finished run of %d jobs looks and streams the same after it was packed', (count) => {
  const one = finished(count);
  const kept = new RunTransform().transform(one);
  expect(runView(kept)).toEqual(runView(one));
  expect(jobStatusAt(kept, count - 1)).toEqual(jobStatusAt(one, count - 1));
  expect(eventsSince(initialCursor(kept), kept)).toEqual(eventsSince(initialCursor(one), one));
  expect(justFinished(run(one.spec.jobs), kept)).toEqual(one.status!.jobs);
});

test('a finished run keeps the names and the order of its definitions, which runs of a group share, and no other annotations than the API reads', () => {
  const transform = new RunTransform();
  const [first, second, other] = [finished(3), finished(3), finished(2)].map((one) => transform.transform(one));
  expect(first!.spec.jobs).toEqual([
    { name: 'job_0' },
    { name: 'job_1' },
    { name: 'job_2', needs: ['job_0', 'job_1'] },
  ]);
  expect(second!.spec.jobs).toBe(first!.spec.jobs);
  expect(other!.spec.jobs).toEqual([{ name: 'job_0' }, { name: 'job_1' }]);
  expect(first!.metadata.annotations).toEqual({
    'async-api.dev/allow': '[["alice"]]',
    'async-api.dev/request': 'hash',
  });
});

test('a run that ended without the statuses of its jobs keeps the reason', () => {
  const one = finished(2);
  const { jobs, ...status } = one.status!;
  const at = '2026-11-24T11:20:00Z';
  const conditions = [
    { type: 'Succeeded', status: 'False' as const, reason: 'SpecTooLarge', message: '', lastTransitionTime: at },
  ];
  const kept = new RunTransform().transform({ ...one, status: { ...status, conditions } });
  expect(jobStatusAt(kept, 1)).toMatchObject({ state: 'FAILURE', reason: 'SpecTooLarge' });
});

test('a run that is not over is kept whole but for its managed fields', () => {
  const one = { ...finished(2), status: { state: 'STARTED' as const } };
  const metadata = { ...one.metadata, managedFields: [{}] };
  expect(new RunTransform().transform({ ...one, metadata })).toEqual(one);
});
