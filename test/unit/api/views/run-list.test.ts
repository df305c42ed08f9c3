import { expect, test } from '@jest/globals';
import { runPage } from '../../../../api/views/run-list.ts';
import { RunsQuery } from '../../../../api/views/schemas.ts';
import type { GroupRun } from '../../../../contract/group-run.ts';
import { newRunId } from '../../../../contract/ids.ts';
import { run } from '../../../support/builders.ts';

/** `count` runs, two per second, every third in group_b. */
const createRuns = (count: number): GroupRun[] =>
  Array.from({ length: count }, (_, i) => {
    const template = run();
    const second = String(Math.floor(i / 2)).padStart(2, '0');
    return {
      ...template,
      metadata: { ...template.metadata, name: newRunId(), creationTimestamp: `2026-11-24T11:00:${second}Z` },
      spec: { ...template.spec, group: i % 3 === 0 ? 'group_b' : 'group_a' },
    };
  });

test('following continue lists every run once, newest first, while runs are created and deleted', () => {
  const runs = createRuns(41);
  const listed: string[] = [];
  let next: string | undefined;
  do {
    const page = runPage(runs, { limit: 7, ...(next && { continue: next }) });
    listed.push(...page.runs.map(({ createdAt, name }) => `${createdAt} ${name}`));
    next = page.continue;
    runs.push({
      ...createRuns(1)[0]!,
      metadata: { ...runs[0]!.metadata, name: newRunId(), creationTimestamp: '2026-11-25T00:00:00Z' },
    });
    // Delete a run that was already listed.
    runs.splice(
      runs.findIndex(({ metadata }) => metadata.name === listed[0]!.split(' ')[1]),
      1,
    );
  } while (next);
  expect(listed).toHaveLength(41);
  expect(new Set(listed).size).toBe(41);
  const times = listed.map((line) => line.split(' ')[0]!);
  expect(times).toEqual(times.toSorted().toReversed());
});

test('group and state filter the runs', () => {
  const runs = createRuns(9);
  expect(runPage(runs, { limit: 50, group: 'group_b' }).runs).toHaveLength(3);
  expect(runPage(runs, { limit: 50, group: 'group_b', state: 'PENDING' }).runs).toHaveLength(3);
  expect(runPage(runs, { limit: 50, state: 'SUCCESS' })).toEqual({ runs: [] });
});

test("RunsQuery accepts a page's continue", () => {
  const { continue: next } = runPage(createRuns(2), { limit: 1 });
  expect(RunsQuery.parse({ continue: next })).toEqual({ limit: 50, continue: next });
});

test.each(['', 'x', '!!!', '2026-11-24T11:00:00Z_../secrets', '2026-11-24T11:00:00Z'])(
  'a continue of %j is invalid',
  (token) => expect(RunsQuery.safeParse({ continue: token }).success).toBe(false),
);
