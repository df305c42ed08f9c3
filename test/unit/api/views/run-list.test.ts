import { expect, test } from '@jest/globals';
import { SortedRuns } from '../../../../api/runs/sorted-runs.ts';
import { runPage } from '../../../../api/views/run-list.ts';
import { type RunList, RunsQuery } from '../../../../api/views/schemas.ts';
import type { GroupRun } from '../../../../contract/group-run.ts';
import { newRunId } from '../../../../contract/ids.ts';
import { run } from '../../../support/builders.ts';

/** The page of a caller who may see all of these runs. */
function pageOf(runs: GroupRun[], query: Partial<RunsQuery> = {}): RunList {
  const sorted = new SortedRuns();
  for (const one of runs) sorted.set(one);
  return runPage(sorted, { limit: 50, ...query }, () => true);
}

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
    const page = pageOf(runs, { limit: 7, ...(next && { continue: next }) });
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

/** A run of 11:00:00 with this name, accepted at that millisecond, or made with kubectl. */
const runAt = (name: string, ms?: number): GroupRun => {
  const template = run();
  const annotations =
    ms === undefined ? {} : { 'async-api.dev/accepted-at': `2026-11-24T11:00:00.${String(ms).padStart(3, '0')}Z` };
  return { ...template, metadata: { ...template.metadata, name, annotations } };
};
const namesOf = (runs: GroupRun[], query: Partial<RunsQuery> = {}) => pageOf(runs, query).runs.map(({ name }) => name);

test('runs of one second are listed newest first too, then those made with kubectl by name', () => {
  const runs = [runAt('z'), runAt('c', 5), runAt('a', 70), runAt('b', 600), runAt('y'), runAt('d', 5)];
  expect(namesOf(runs)).toEqual(['b', 'a', 'c', 'd', 'y', 'z']);
});

test('an annotation that is no time counts as none, and the creationTimestamp counts first', () => {
  const odd = runAt('odd');
  odd.metadata.annotations = { 'async-api.dev/accepted-at': 'yesterday' };
  const later = runAt('later', 1);
  later.metadata.creationTimestamp = '2026-11-24T11:00:01Z';
  expect(namesOf([odd, runAt('even', 999), later])).toEqual(['later', 'even', 'odd']);
});

test('following continue lists every run of one second once, newest first', () => {
  const runs = Array.from({ length: 30 }, (_, i) => runAt(newRunId(), i < 20 ? (i * 37) % 20 : undefined));
  const listed: string[] = [];
  let next: string | undefined;
  do {
    const page = pageOf(runs, { limit: 4, ...(next && { continue: RunsQuery.parse({ continue: next }).continue! }) });
    listed.push(...page.runs.map(({ name }) => name));
    next = page.continue;
  } while (next);
  expect(listed).toEqual(namesOf(runs));
});

test('a continue of an earlier version hides no run that its pages have not listed', () => {
  const runs = [runAt('a', 1), runAt('b', 2), runAt('c', 4), runAt('d', 3)];
  // By name, a and b came first.
  const query = RunsQuery.parse({ continue: '2026-11-24T11:00:00Z_b' });
  expect(namesOf(runs, query)).toEqual(['c', 'd']);
  expect(namesOf(runs, { continue: '2026-11-24T11:00:01Z_x' })).toEqual(['c', 'd', 'b', 'a']);
});

test('group and state filter the runs', () => {
  const runs = createRuns(9);
  expect(pageOf(runs, { group: 'group_b' }).runs).toHaveLength(3);
  expect(pageOf(runs, { group: 'group_b', state: 'PENDING' }).runs).toHaveLength(3);
  expect(pageOf(runs, { state: 'SUCCESS' })).toEqual({ runs: [] });
});

test("RunsQuery accepts a page's continue", () => {
  const { continue: next } = pageOf(createRuns(2), { limit: 1 });
  expect(RunsQuery.parse({ continue: next })).toEqual({ limit: 50, continue: next });
});

test.each([
  '',
  'x',
  '!!!',
  '2026-11-24T11:00:00Z_../secrets',
  '2026-11-24T11:00:00Z',
  '2026-11-24T11:00:00Z_x_name',
  '2026-11-24T11:00:00Z_1_2_name',
])('a continue of %j is invalid', (token) => expect(RunsQuery.safeParse({ continue: token }).success).toBe(false));

test('a page reads no further than it must', () => {
  const runs = createRuns(60);
  let read = 0;
  const source = {
    *list() {
      for (const one of runs) {
        read += 1;
        yield one;
      }
    },
  };
  const isEven = ({ metadata }: Pick<GroupRun, 'metadata'>) =>
    runs.findIndex((one) => one.metadata === metadata) % 2 === 0;
  expect(runPage(source, { limit: 10 }, isEven).runs).toHaveLength(10);
  expect(read).toBe(21);
});

test('a page ends early where its parameters would be megabytes, and the next goes on there', () => {
  const large = { A: 'x'.repeat(300_000) };
  const runs = createRuns(10).map((one) => ({ ...one, spec: { ...one.spec, parameters: large } }));
  const sizes: number[] = [];
  const names: string[] = [];
  let next: string | undefined;
  do {
    const page = pageOf(runs, { limit: 500, ...(next && { continue: next }) });
    sizes.push(page.runs.length);
    names.push(...page.runs.map(({ name }) => name));
    next = page.continue;
  } while (next);
  expect(sizes).toEqual([3, 3, 3, 1]);
  expect(new Set(names).size).toBe(10);
});

test('a run whose parameters alone are too many for a page is listed all the same', () => {
  const [one] = createRuns(1);
  const runs = [{ ...one!, spec: { ...one!.spec, parameters: { A: 'x'.repeat(2_000_000) } } }];
  expect(pageOf(runs, { limit: 1 }).runs).toHaveLength(1);
});
