import { expect, test } from '@jest/globals';
import { runPage } from '../../../../api/views/run-list.ts';
import { RunsQuery } from '../../../../api/views/schemas.ts';
import type { GroupRun } from '../../../../contract/group-run.ts';
import { newRunId } from '../../../../contract/ids.ts';
import { run } from '../../../support/builders.ts';

/** `count` runs, two a second, group_b every third. */
const made = (count: number): GroupRun[] =>
  Array.from({ length: count }, (_, i) => {
    const one = run();
    const second = String(Math.floor(i / 2)).padStart(2, '0');
    return {
      ...one,
      metadata: { ...one.metadata, name: newRunId(), creationTimestamp: `2026-11-24T11:00:${second}Z` },
      spec: { ...one.spec, group: i % 3 === 0 ? 'group_b' : 'group_a' },
    };
  });

test('following continue gives every run once, newest first, though runs come and go meanwhile', () => {
  const runs = made(41);
  const seen: string[] = [];
  let next: string | undefined;
  do {
    const page = runPage(runs, { limit: 7, ...(next && { continue: next }) });
    seen.push(...page.runs.map(({ createdAt, name }) => `${createdAt} ${name}`));
    next = page.continue;
    runs.push({
      ...made(1)[0]!,
      metadata: { ...runs[0]!.metadata, name: newRunId(), creationTimestamp: '2026-11-25T00:00:00Z' },
    });
    // One that was shown already.
    runs.splice(
      runs.findIndex(({ metadata }) => metadata.name === seen[0]!.split(' ')[1]),
      1,
    );
  } while (next);
  expect(seen).toHaveLength(41);
  expect(new Set(seen).size).toBe(41);
  const times = seen.map((one) => one.split(' ')[0]!);
  expect(times).toEqual(times.toSorted().toReversed());
});

test('group and state leave out the others', () => {
  const runs = made(9);
  expect(runPage(runs, { limit: 50, group: 'group_b' }).runs).toHaveLength(3);
  expect(runPage(runs, { limit: 50, group: 'group_b', state: 'PENDING' }).runs).toHaveLength(3);
  expect(runPage(runs, { limit: 50, state: 'SUCCESS' })).toEqual({ runs: [] });
});

test('a continue is what the query takes', () => {
  const { continue: next } = runPage(made(2), { limit: 1 });
  expect(RunsQuery.parse({ continue: next })).toEqual({ limit: 50, continue: next });
});

test.each(['', 'x', '!!!', '2026-11-24T11:00:00Z_../secrets', '2026-11-24T11:00:00Z'])(
  'a continue of %j is refused',
  (token) => expect(RunsQuery.safeParse({ continue: token }).success).toBe(false),
);
