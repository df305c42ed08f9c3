import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SortedRuns } from '../../../../api/runs/sorted-runs.ts';
import type { PageCursor } from '../../../../api/views/page-cursor.ts';
import { runPage } from '../../../../api/views/run-list.ts';
import type { RunsQuery } from '../../../../api/views/schemas.ts';
import { type GroupRun, JobState } from '../../../../contract/group-run.ts';
import { run } from '../../../support/builders.ts';

interface Fields {
  name: string;
  group: string;
  second: number;
  /** Undefined for a run made with kubectl. */
  ms?: number | undefined;
  state?: JobState | undefined;
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');
const timeOf = (second: number): string => `2026-11-24T11:00:${twoDigits(second)}Z`;

function build({ name, group, second, ms, state }: Fields): GroupRun {
  const { metadata, spec, ...template } = run();
  const acceptedAt = `2026-11-24T11:00:00.${String(ms).padStart(3, '0')}Z`;
  const annotations = ms === undefined ? {} : { 'async-api.dev/accepted-at': acceptedAt };
  return {
    ...template,
    metadata: { ...metadata, name, creationTimestamp: timeOf(second), annotations },
    spec: { ...spec, group },
    ...(state && { status: { state } }),
  };
}

/** The page as it would be without an index: filter all, sort all, cut. */
function plainPage(all: Fields[], query: RunsQuery, visibleGroups: string[]) {
  const place = ({ second, ms, name }: Fields) => [59 - second, ms === undefined ? 1000 : 999 - ms, name] as const;
  const order = (a: Fields, b: Fields) => {
    const [left, right] = [place(a), place(b)];
    return left[0] - right[0] || left[1] - right[1] || Number(left[2] > right[2]) - Number(left[2] < right[2]);
  };
  const sorted = all
    .filter(({ group }) => visibleGroups.includes(group) && (query.group ?? group) === group)
    .filter(({ state = 'PENDING' }) => (query.state ?? state) === state)
    .toSorted(order);
  const [time, ...rest] = query.continue?.split('_') ?? [];
  const isAfter = (one: Fields) => {
    if (time === undefined) return true;
    const last = { name: rest.at(-1)!, group: '', second: Number(time.slice(17, 19)) };
    // The earlier version's cursor has no milliseconds, and went by the name within a second.
    if (rest.length === 1) return one.second === last.second ? one.name > last.name : one.second < last.second;
    const ms = Number(rest[0]) === 0 ? undefined : Number(rest[0]) % 1000;
    return order(one, { ...last, ms }) > 0;
  };
  const left = sorted.filter(isAfter);
  return { names: left.slice(0, query.limit).map(({ name }) => name), hasMore: left.length > query.limit };
}

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const ms = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
const state = fc.option(pick(...JobState.options), { nil: undefined });
const second = fc.integer({ min: 0, max: 1 });
const fields = fc.record({ name: fc.stringMatching(/^[a-e]{1,2}$/), group: pick('g', 'h', 'i'), second, ms, state });
const query = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  group: fc.option(pick('g', 'h', 'i', 'unknown'), { nil: undefined }),
  state,
  /** A place in the list; undefined for the continue of the page before. */
  from: fc.option(fc.tuple(second, pick(undefined, 0, 1, 3), fc.stringMatching(/^[a-e]{1,2}$/)), { nil: undefined }),
  visibleGroups: fc.subarray(['g', 'h', 'i'], { minLength: 1 }),
});
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ set: fields }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ query }) },
);

test('after any changes, each page has the runs that sorting all of them would give', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const sorted = new SortedRuns();
      const stored = new Map<string, Fields>();
      let next: string | undefined;
      for (const one of steps) {
        if ('set' in one) {
          const { name } = one.set;
          // What the API server never changes of a run.
          const { group, second } = stored.get(name) ?? one.set;
          const changed = { ...one.set, group, second };
          stored.set(name, changed);
          sorted.set(build(changed));
        } else if ('remove' in one) {
          const name = [...stored.keys()].at(one.remove % Math.max(1, stored.size));
          stored.delete(name ?? '');
          sorted.delete(name ?? 'none');
        } else {
          const { from, visibleGroups, limit, group, state } = one.query;
          if (from) {
            const [at, accepted, name] = from;
            const since = accepted ? Date.parse(timeOf(0)) + accepted : accepted;
            next = [timeOf(at), ...(since === undefined ? [] : [since]), name].join('_');
          }
          const asked: RunsQuery = {
            limit,
            ...(group && { group }),
            ...(state && { state }),
            ...(next && { continue: next }),
          };
          const page = runPage(sorted, asked, ({ spec }) => visibleGroups.includes(spec.group));
          const names = page.runs.map((each) => each.name);
          expect({ names, hasMore: page.continue !== undefined }).toEqual(
            plainPage([...stored.values()], asked, visibleGroups),
          );
          next = page.continue;
        }
        expect(sorted.groups().toSorted()).toEqual(
          [...new Set([...stored.values()].map(({ group }) => group))].toSorted(),
        );
      }
    }),
    { numRuns: 500 },
  );
});

/** Ten thousand runs of ten groups, and the names of those whose metadata or spec was read since the last call. */
function tenThousand() {
  const read = new Set<string>();
  const sorted = new SortedRuns();
  for (let index = 0; index < 10_000; index++) {
    const name = `run-${(index * 7919) % 10_000}`;
    const built = build({ name, group: `group_${index % 10}`, second: index % 60, ms: index % 1000, state: 'SUCCESS' });
    const get = (target: GroupRun, key: string | symbol) => {
      read.add(name);
      return Reflect.get(target, key);
    };
    sorted.set(new Proxy(built, { get }));
  }
  const visited = () => {
    const names = [...read];
    read.clear();
    return names.length;
  };
  visited();
  return { sorted, visited };
}

test('a page of ten thousand runs visits only its own runs and the next', () => {
  const { sorted, visited } = tenThousand();
  const all = () => true;
  const first = runPage(sorted, { limit: 50 }, all);
  expect([first.runs.length, visited()]).toEqual([50, 51]);
  const second = runPage(sorted, { limit: 50, continue: first.continue! }, all);
  expect([second.runs.length, visited()]).toEqual([50, 51]);
  expect(runPage(sorted, { limit: 50, group: 'group_3' }, all).runs).toHaveLength(50);
  expect(visited()).toBe(51);
  expect(runPage(sorted, { limit: 50, group: 'group_3', state: 'PENDING' }, all).runs).toHaveLength(0);
  expect(visited()).toBe(1000);
  expect([sorted.groups().length, visited()]).toEqual([10, 0]);
});

test('a place among ten thousand runs is found in some twenty comparisons', () => {
  const { sorted } = tenThousand();
  let comparisons = 0;
  const after: PageCursor = {
    get creationTimestamp() {
      comparisons += 1;
      return timeOf(30);
    },
    acceptedAt: Date.parse('2026-11-24T11:00:00.500Z'),
    name: 'run-1',
  };
  expect(sorted.list(undefined, after).next().done).toBe(false);
  expect(comparisons).toBeLessThan(20);
});

test('a new version of a run takes its place without a search', () => {
  const { sorted, visited } = tenThousand();
  const newer = build({ name: 'run-0', group: 'group_0', second: 0, ms: 0, state: 'FAILURE' });
  sorted.set(newer);
  expect(visited()).toBe(0);
  expect([...sorted.list()].filter(({ metadata }) => metadata.name === 'run-0')).toEqual([newer]);
});
