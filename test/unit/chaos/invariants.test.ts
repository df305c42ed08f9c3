import { expect, test } from '@jest/globals';
import type { JobVersion, RunVersion, Version } from '../../chaos/history.ts';
import { brokenInvariants, type Observation } from '../../chaos/invariants.ts';

const BASE = '78b9ce35-0000-4000-8000-000000000000';
const JOB = '78b9ce35-0000-4000-8000-000000000001';

const ONE = { id: JOB, name: 'one', state: 'SUCCESS' as const };

let count = 0;
const run = (state: RunVersion['state'], change: Partial<RunVersion> = {}): RunVersion => ({
  kind: 'GroupRun',
  type: 'MODIFIED',
  name: BASE,
  uid: 'run',
  version: ++count,
  at: 1000,
  state,
  jobs: state ? [{ id: JOB, name: 'one', state }] : [],
  ...change,
});
const job = (change: Partial<JobVersion> = {}): JobVersion => ({
  kind: 'Job',
  type: 'MODIFIED',
  name: JOB,
  uid: 'job',
  version: ++count,
  at: 1000,
  owner: 'run',
  leaving: false,
  ...change,
});

/** What is observed of a trial that breaks no invariant, with changes. */
const trial = (versions: Version[], change: Partial<Observation> = {}): Observation => ({
  versions,
  acknowledged: [{ run: BASE, key: 'k' }],
  told: [{ id: JOB, at: 1000, code: 200, state: 'SUCCESS' }],
  due: new Map([[BASE, 5000]]),
  retention: false,
  ends: { one: /^SUCCESS$/ },
  deaths: [],
  rssMiB: 100,
  rssBoundMiB: 300,
  ...change,
});
const gone = () => job({ type: 'DELETED', leaving: true });
const well = (): Version[] => [run(undefined), job(), run('STARTED'), run('SUCCESS'), gone()];
const broken = (observation: Observation) =>
  brokenInvariants(observation).map(({ invariant, what }) => `(${invariant}) ${what}`);

test('a trial without faults breaks no invariant', () => {
  expect(broken(trial(well()))).toEqual([]);
});

test.each<[string, () => Observation, RegExp]>([
  [
    'an accepted run that is not there',
    () => trial([], { due: new Map(), told: [] }),
    /^\(1\).*acknowledged, and is not/,
  ],
  [
    'a run deleted before its end',
    () => trial([...well().slice(0, 3), run('STARTED', { type: 'DELETED' })], { due: new Map(), told: [] }),
    /^\(1\).*deleted while STARTED/,
  ],
  [
    'a 404 for an accepted id',
    () => trial(well(), { told: [{ id: JOB, at: 1000, code: 404 }, ...trial([]).told] }),
    /^\(1\).*was 404/,
  ],
  [
    'one key, two runs',
    () => trial(well(), { acknowledged: [BASE, JOB].map((name) => ({ run: name, key: 'k' })) }),
    /^\(1\) key k named 2 runs/,
  ],
  ['a second Job of one name', () => trial([...well(), job({ uid: 'other' })]), /^\(1\) Job .* was made 2 times/],
  [
    'a Job of a job whose dependency failed',
    () =>
      trial([
        ...well().slice(0, 3),
        run('REVOKED', { jobs: [{ id: JOB, name: 'one', state: 'REVOKED', reason: 'DependencyFailed' }] }),
      ]),
    /^\(1\) Job .* although what it needs failed/,
  ],
  ['a run that never ends', () => trial(well().slice(0, 3), { told: [] }), /^\(2\).*not over in time; it was STARTED/],
  [
    'a run that ends late',
    () => trial([...well().slice(0, 3), run('SUCCESS', { at: 7000 }), gone()]),
    /^\(2\).*2 s too late/,
  ],
  ['an end that changes', () => trial([...well(), run('FAILURE')]), /^\(2\) run .* was SUCCESS, then FAILURE/],
  [
    'an end that changes for a caller',
    () => trial(well(), { told: ['FAILURE', 'SUCCESS'].map((state) => ({ ...trial([]).told[0]!, state }) as never) }),
    /^\(2\) \/status\/.* was FAILURE, then SUCCESS/,
  ],
  [
    'a caller that never gets the final state',
    () => trial(well(), { told: [{ id: JOB, at: 1000, code: 200, state: 'STARTED' }] }),
    /^\(2\).*tells STARTED of SUCCESS/,
  ],
  [
    'a Job deleted before its result is recorded',
    () => trial([run(undefined), job(), run('STARTED'), job({ leaving: true, type: 'DELETED' }), run('SUCCESS')]),
    /^\(3\).*deleted while its run said STARTED/,
  ],
  ['a process that dies', () => trial(well(), { deaths: ['api ended with 1'] }), /^\(4\) api ended/],
  ['a process that grows', () => trial(well(), { rssMiB: 301 }), /^\(4\).*301 MiB/],
  ['a Job that is never deleted', () => trial(well().slice(0, 4)), /^\(4\).*was not deleted/],
  ['a result that is lost', () => trial(well(), { ends: { one: /^SUCCESS\/rows$/ } }), /^\(5\) one .* is SUCCESS$/],
  [
    'a result that is not that of the job',
    () =>
      trial([...well().slice(0, 3), run('SUCCESS', { jobs: [{ ...ONE, result: 'other' }] }), gone()], {
        ends: { one: /^SUCCESS\/rows$/ },
      }),
    /^\(5\) one .* is SUCCESS\/other$/,
  ],
  [
    'a fault of ours that becomes a failure of the job',
    () => trial([...well().slice(0, 3), run('FAILURE'), gone()], { told: [] }),
    /^\(5\) one .* is FAILURE/,
  ],
])('the invariants detect %s', (_what, observation, expected) => {
  expect(broken(observation())).toContainEqual(expect.stringMatching(expected));
});
