import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allSeen, eventsSince, formatSeen, nothingSeen, parseSeen, type Seen } from '../../../../api/views/sse.ts';
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

test('whoever has seen nothing is told of each job that is no longer PENDING, then of the run', () => {
  const { events } = eventsSince({ jobs: ['PENDING', 'PENDING'] }, withStates('STARTED', 'STARTED', 'PENDING'));
  expect(events.map(({ event, data }) => [event, data.state])).toEqual([
    ['job', 'STARTED'],
    ['run', 'STARTED'],
  ]);
});

test('a run of which nothing is known yet has one event, its state', () => {
  const { events } = eventsSince(nothingSeen(run()), run());
  expect(events).toMatchObject([{ event: 'run', data: { state: 'PENDING' } }]);
});

test('whoever goes on from any event misses no later state and is told of none twice', () => {
  const many = fc.array(fc.tuple(state, state), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(many, state, state, fc.nat(), (pairs, runBefore, runAfter, cut) => {
      const before: Seen = { run: runBefore, jobs: pairs.map(([first]) => first) };
      const after = withStates(runAfter, ...pairs.map(([, second]) => second));
      const { events, seen } = eventsSince(before, after);
      expect(seen.jobs).toEqual(pairs.map(([, second]) => second));
      const told = events.slice(0, cut % (events.length + 1));
      const from = told.length > 0 ? parseSeen(told.at(-1)!.id, pairs.length)! : before;
      const rest = eventsSince(from, after).events;
      expect([...told, ...rest].map(({ event, data }) => [event, data.id])).toEqual(
        events.map(({ event, data }) => [event, data.id]),
      );
    }),
  );
});

test('what was seen can be written down and read again', () => {
  fc.assert(
    fc.property(fc.option(state, { nil: undefined }), fc.array(state, { maxLength: 1000 }), (seenRun, jobs) => {
      const seen: Seen = seenRun === undefined ? { jobs } : { run: seenRun, jobs };
      expect(parseSeen(formatSeen(seen), jobs.length)).toEqual(seen);
    }),
  );
  expect(formatSeen({ run: 'STARTED', jobs: ['SUCCESS', 'SUCCESS', 'STARTED', 'PENDING'] })).toBe('s.2d1s1p');
});

test.each(['', 'x', 's.', 's.4p', 's.2p', 's.9999p', 's.3q', 's.-3p', `s.${'1p'.repeat(5000)}`, 's.3p\n'])(
  'a Last-Event-ID of %j says nothing of a run of three jobs',
  (text) => expect(parseSeen(text, 3)).toBeUndefined(),
);

test('nothing is left to tell once the end of the run was told', () => {
  expect(allSeen(eventsSince({ jobs: ['STARTED'] }, withStates('FAILURE', 'FAILURE')).seen)).toBe(true);
  expect(allSeen(eventsSince({ jobs: ['STARTED'] }, withStates('STARTED', 'FAILURE')).seen)).toBe(false);
});
