import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type EventCursor,
  eventsSince,
  formatEventId,
  initialCursor,
  isAtEnd,
  parseEventId,
} from '../../../../api/views/sse.ts';
import { type GroupRun, JobState, type JobStatus } from '../../../../contract/group-run.ts';
import { definition, run } from '../../../support/builders.ts';

const withStates = (runState: JobState, ...states: JobState[]): GroupRun => {
  const names = states.map((_, i) => `job_${i}`);
  const built = run(names.map((name) => definition({ name })));
  const jobs = states.map((state, i) => ({ name: names[i]!, state }));
  return { ...built, status: { state: runState, jobs } };
};
/** A run whose jobs have these states and reasons. */
const withReasons = (runState: JobState, ...jobs: Pick<JobStatus, 'state' | 'reason'>[]): GroupRun => {
  const built = withStates(runState, ...jobs.map((job) => job.state));
  for (const [i, { reason }] of jobs.entries()) if (reason) built.status!.jobs![i]!.reason = reason;
  return built;
};
const cursorOf = (seen: GroupRun): EventCursor => eventsSince(initialCursor(seen), seen).cursor;
const state = fc.constantFrom(...JobState.options);
const job = fc.record(
  { state, reason: fc.oneof(fc.constantFrom('Error', 'OOMKilled', 'Unschedulable'), fc.string()) },
  { requiredKeys: ['state'] },
);

test('without a Last-Event-ID there is an event for each job that is not PENDING, then one for the run', () => {
  const { events } = eventsSince({ jobs: ['PENDING', 'PENDING'] }, withStates('STARTED', 'STARTED', 'PENDING'));
  expect(events.map(({ event, data }) => [event, data.state])).toEqual([
    ['job', 'STARTED'],
    ['run', 'STARTED'],
  ]);
});

test('a run without a status has one event: run, PENDING', () => {
  const { events } = eventsSince(initialCursor(run()), run());
  expect(events).toMatchObject([{ event: 'run', data: { state: 'PENDING' } }]);
});

test('a client that resumes after any event misses no event and gets none twice', () => {
  const many = fc.array(fc.tuple(state, state), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(many, state, state, fc.nat(), (pairs, runBefore, runAfter, cut) => {
      const before: EventCursor = { run: runBefore, jobs: pairs.map(([first]) => first) };
      const after = withStates(runAfter, ...pairs.map(([, second]) => second));
      const { events, cursor } = eventsSince(before, after);
      expect(cursor.jobs).toEqual(pairs.map(([, second]) => second));
      const received = events.slice(0, cut % (events.length + 1));
      const from = received.length > 0 ? parseEventId(received.at(-1)!.id, pairs.length)! : before;
      const rest = eventsSince(from, after).events;
      expect([...received, ...rest].map(({ event, data }) => [event, data.id])).toEqual(
        events.map(({ event, data }) => [event, data.id]),
      );
    }),
  );
});

test('a change of only the reason of a job is an event, and one of nothing but its message is none', () => {
  const seen = cursorOf(withReasons('PENDING', { state: 'PENDING', reason: 'Unschedulable' }, { state: 'PENDING' }));
  const changed = withReasons('PENDING', { state: 'PENDING', reason: 'ErrImagePull' }, { state: 'PENDING' });
  const { events, cursor } = eventsSince(seen, changed);
  expect(events).toMatchObject([{ event: 'job', data: { name: 'job_0', reason: 'ErrImagePull' } }]);
  changed.status!.jobs![0]!.message = 'another';
  expect(eventsSince(cursor, changed).events).toEqual([]);
  const gone = withReasons('PENDING', { state: 'PENDING' }, { state: 'PENDING' });
  expect(eventsSince(cursor, gone).events).toMatchObject([{ event: 'job', data: { name: 'job_0', state: 'PENDING' } }]);
});

test('a client that resumes after any event misses no change of a state or reason and gets none twice', () => {
  const many = fc.array(fc.tuple(job, job), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(many, state, state, fc.nat(), (pairs, runBefore, runAfter, cut) => {
      const before = cursorOf(withReasons(runBefore, ...pairs.map(([first]) => first)));
      const after = withReasons(runAfter, ...pairs.map(([, second]) => second));
      const { events, cursor } = eventsSince(before, after);
      const changed = pairs.flatMap(([first, second], i) => {
        const same = first.state === second.state && (first.reason || '') === (second.reason || '');
        return same ? [] : [`job_${i}`];
      });
      expect(events.flatMap(({ event, data }) => (event === 'job' ? [data.name] : []))).toEqual(changed);
      expect(events.filter(({ event }) => event === 'run')).toHaveLength(runBefore === runAfter ? 0 : 1);
      const received = events.slice(0, cut % (events.length + 1));
      const from = parseEventId(received.at(-1)?.id ?? formatEventId(before), pairs.length)!;
      const rest = eventsSince(from, after);
      expect([...received, ...rest.events]).toEqual(events);
      expect(rest.cursor).toEqual(cursor);
    }),
  );
});

test('an id of the earlier form, without reasons, is taken: a job with a reason is told again', () => {
  const current = withReasons('STARTED', { state: 'RETRY', reason: 'Error' }, { state: 'SUCCESS' });
  expect(eventsSince(parseEventId('s.1r1d', 2)!, current).events).toMatchObject([{ data: { name: 'job_0' } }]);
  expect(eventsSince(parseEventId('s.1p1d', 2)!, withStates('STARTED', 'PENDING', 'SUCCESS')).events).toEqual([]);
});

test('an id is at most 6,002 characters long, for a run of a thousand jobs', () => {
  const reasons = Array.from({ length: 1000 }, (_, i) => ({ state: 'RETRY' as const, reason: `Reason${i}` }));
  const cursor = cursorOf(withReasons('STARTED', ...reasons));
  const id = formatEventId(cursor);
  expect(id).toHaveLength(6002);
  expect(parseEventId(id, 1000)).toEqual(cursor);
});

test('no two reasons of docs/api.md have one hash', () => {
  const api = readFileSync(join(import.meta.dirname, '../../../../docs/api.md'), 'utf8');
  const rows = api.slice(api.indexOf('## Reasons'), api.indexOf('## Errors')).match(/^\| `.*?(?= \|)/gm)!;
  const reasons = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, reason]) => reason!));
  expect(reasons.length).toBeGreaterThan(30);
  const hashes = cursorOf(
    withReasons('STARTED', ...reasons.map((reason) => ({ state: 'RETRY' as const, reason }))),
  ).jobs;
  expect(new Set(hashes).size).toBe(reasons.length);
});

test('parseEventId reads what formatEventId writes', () => {
  fc.assert(
    fc.property(fc.option(state, { nil: undefined }), fc.array(state, { maxLength: 1000 }), (runState, jobs) => {
      const cursor: EventCursor = runState === undefined ? { jobs } : { run: runState, jobs };
      expect(parseEventId(formatEventId(cursor), jobs.length)).toEqual(cursor);
    }),
  );
  expect(formatEventId({ run: 'STARTED', jobs: ['SUCCESS', 'SUCCESS', 'STARTED', 'PENDING'] })).toBe('s.2d1s1p');
});

test('the ids of 1,000 events at once take little longer than to copy their text', () => {
  const jobs = Array.from({ length: 1000 }, (_, i) => ({ state: 'FAILURE' as const, reason: `Reason${i}` }));
  const large = withReasons('FAILURE', ...jobs);
  const ids = () => eventsSince(initialCursor(large), large).events.map(({ id }) => Buffer.from(id));
  const texts = ids().map(String);
  const msOf = (work: () => unknown) => {
    const from = performance.now();
    work();
    return performance.now() - from;
  };
  const least = (work: () => unknown) => Math.min(...Array.from({ length: 9 }, () => msOf(work)));
  expect(least(ids)).toBeLessThan(60 * least(() => texts.map((text) => Buffer.from(text))));
});

test.each([
  '',
  'x',
  's.',
  's.4p',
  's.2p',
  's.9999p',
  's.3q',
  's.-3p',
  `s.${'1p'.repeat(5000)}`,
  's.3p\n',
  's.3P',
  's.3Pabc',
  's.3pabcd',
  's.3P-bcd',
  'S.3p',
])('a Last-Event-ID of %j is ignored for a run of three jobs', (text) => expect(parseEventId(text, 3)).toBeUndefined());

test('a cursor is at its end once the terminal state of the run was sent', () => {
  expect(isAtEnd(eventsSince({ jobs: ['STARTED'] }, withStates('FAILURE', 'FAILURE')).cursor)).toBe(true);
  expect(isAtEnd(eventsSince({ jobs: ['STARTED'] }, withStates('STARTED', 'FAILURE')).cursor)).toBe(false);
});
