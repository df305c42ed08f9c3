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
import { type GroupRun, JobState } from '../../../../contract/group-run.ts';
import { jobId } from '../../../../contract/ids.ts';
import { definition, RUN_ID, run } from '../../../support/builders.ts';

const withStates = (runState: JobState, ...states: JobState[]): GroupRun => {
  const names = states.map((_, i) => `job_${i}`);
  const built = run(names.map((name) => definition({ name })));
  const jobs = states.map((state, i) => ({ name: names[i]!, id: jobId(RUN_ID, i + 1), state }));
  return { ...built, status: { state: runState, jobs } };
};
const state = fc.constantFrom(...JobState.options);

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

test('parseEventId reads what formatEventId writes', () => {
  fc.assert(
    fc.property(fc.option(state, { nil: undefined }), fc.array(state, { maxLength: 1000 }), (runState, jobs) => {
      const cursor: EventCursor = runState === undefined ? { jobs } : { run: runState, jobs };
      expect(parseEventId(formatEventId(cursor), jobs.length)).toEqual(cursor);
    }),
  );
  expect(formatEventId({ run: 'STARTED', jobs: ['SUCCESS', 'SUCCESS', 'STARTED', 'PENDING'] })).toBe('s.2d1s1p');
});

test.each(['', 'x', 's.', 's.4p', 's.2p', 's.9999p', 's.3q', 's.-3p', `s.${'1p'.repeat(5000)}`, 's.3p\n'])(
  'a Last-Event-ID of %j is ignored for a run of three jobs',
  (text) => expect(parseEventId(text, 3)).toBeUndefined(),
);

test('a cursor is at its end once the terminal state of the run was sent', () => {
  expect(isAtEnd(eventsSince({ jobs: ['STARTED'] }, withStates('FAILURE', 'FAILURE')).cursor)).toBe(true);
  expect(isAtEnd(eventsSince({ jobs: ['STARTED'] }, withStates('STARTED', 'FAILURE')).cursor)).toBe(false);
});
