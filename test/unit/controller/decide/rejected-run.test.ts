import { expect, test } from '@jest/globals';
import { type GroupRun, type GroupRunSpec, MAX_SPEC_BYTES } from '../../../../contract/group-run.ts';
import { storedBytes } from '../../../../contract/stored-size.ts';
import { rejectedStatus } from '../../../../controller/decide/rejected-run.ts';
import { specTooLarge } from '../../../../controller/decide/spec-too-large.ts';
import { definition, ID, job, NOW, observedRun, run, stored } from '../../../support/builders.ts';

/** A run of two jobs whose spec takes this many bytes in etcd. */
function runOf(bytes: number, fields: Partial<GroupRunSpec> = {}): GroupRun {
  const jobs = (image: string) => [
    definition({ name: 'a', container: { image } }),
    definition({ name: 'b', container: { image: 'i' } }),
  ];
  const one = run();
  const spec = { ...one.spec, jobs: jobs('') };
  const room = bytes - storedBytes(spec);
  return { ...one, spec: { ...spec, jobs: jobs('i'.repeat(room)), ...fields } };
}
const LARGE = MAX_SPEC_BYTES + 1;
const status = (large: GroupRun) => rejectedStatus(observedRun({ run: large }), NOW);

test('a run whose spec leaves no room for its results fails, with what was expected', () => {
  const failed = { state: 'FAILURE', reason: 'SpecTooLarge', finishedAt: NOW.toISOString() };
  expect(status(runOf(LARGE))).toEqual({
    state: 'FAILURE',
    finishedAt: NOW.toISOString(),
    observedGeneration: 1,
    succeeded: '0/2',
    counts: { pending: 0, started: 0, retry: 0, success: 0, failure: 2, revoked: 0 },
    conditions: [
      {
        type: 'Succeeded',
        status: 'False',
        reason: 'SpecTooLarge',
        message: expect.stringMatching(/^Expected a spec of at most 600000 bytes, .* got 600001\./),
        lastTransitionTime: NOW.toISOString(),
        observedGeneration: 1,
      },
    ],
    jobs: [
      { name: 'a', ...failed },
      { name: 'b', ...failed },
    ],
  });
});

test('a run whose parameters are too large for its number of jobs fails, with the figures', () => {
  const parameters = { A: 'x'.repeat(300_000) };
  const wide = (jobs: number) => {
    const one = run(Array.from({ length: jobs }, (_, i) => definition({ name: `j${i}` })));
    return { ...one, spec: { ...one.spec, parameters } };
  };
  expect(status(wide(3))).toBeUndefined();
  const { state, jobs, conditions } = status(wide(4))!;
  expect([state, jobs!.map(({ reason }) => reason)]).toEqual(['FAILURE', Array(4).fill('SpecTooLarge')]);
  const message =
    /^Expected at most 1048576 bytes of parameters times jobs, got 1200032 \(300008 bytes × 4 jobs\)\. No Job/;
  expect(conditions).toMatchObject([{ reason: 'SpecTooLarge', message: expect.stringMatching(message) }]);
});

test('the conditions of others stay', () => {
  const other = { ...status(runOf(LARGE))!.conditions![0]!, type: 'Audited', reason: 'ByHand', message: 'fine' };
  const large = { ...runOf(LARGE), status: { state: 'PENDING' as const, conditions: [other] } };
  expect(status(large)?.conditions).toEqual([other, expect.objectContaining({ reason: 'SpecTooLarge' })]);
});

test('the largest spec that the API accepts is not too large, nor once it is cancelled', () => {
  expect(specTooLarge(runOf(MAX_SPEC_BYTES).spec)).toBeUndefined();
  expect(specTooLarge(runOf(MAX_SPEC_BYTES, { cancel: true, cancelJobs: { a: true } }).spec)).toBeUndefined();
});

test('a run that has a Job goes on, and a terminal state that is stored stays', () => {
  const large = runOf(LARGE);
  expect(rejectedStatus(observedRun({ run: large, jobs: new Map([[ID, job()]]) }), NOW)).toBeUndefined();
  const withJobs = (...jobs: ReturnType<typeof stored>[]) => ({
    ...large,
    status: { state: 'PENDING' as const, jobs },
  });
  expect(status(withJobs(stored('STARTED', { name: 'a' })))).toBeUndefined();
  const { jobUID, ...invalid } = stored('FAILURE', { name: 'a', reason: 'JobInvalid' });
  expect(status(withJobs(invalid))?.jobs).toMatchObject([invalid, { name: 'b', reason: 'SpecTooLarge' }]);
});

const withJobs = (...jobs: object[]): GroupRun => ({ ...run(), spec: { group: 'g', jobs } as GroupRunSpec });
const succeeded = (one: GroupRun) => status(one)?.conditions?.[0];

test.each<[string, object, RegExp]>([
  [
    'a value out of its bounds',
    definition({ sleep: { seconds: -1 } }),
    /^spec\.jobs\[0\]\.sleep\.seconds: .*>=0\. No Job/,
  ],
  ['an unknown field', { ...definition(), slep: 1 }, /^spec\.jobs\[0\]: Unrecognized key: "slep"\. No Job/],
  [
    'two kinds of work',
    definition({ log: { lines: 1 } }),
    /^spec\.jobs\[0\]: expected exactly one of sleep, log, cont/,
  ],
  ['no work', { ...definition(), sleep: undefined }, /^spec\.jobs\[0\]: expected exactly one of sleep, log, container/],
  ['no deadline', { ...definition(), activeDeadlineSeconds: undefined }, /^spec\.jobs\[0\]\.activeDeadlineSeconds: /],
  ['a volume of the node', { ...definition(), volumes: [{ name: 'a', hostPath: { path: '/' } }] }, /"hostPath"/],
  [
    'an unknown need',
    definition({ needs: ['x'] }),
    /^spec\.jobs\[0\]\.needs\.0: expected the name of another job, got "x"\. No/,
  ],
  ['needs that are no list', { ...definition(), needs: 5 }, /^spec\.jobs\[0\]\.needs: .*expected array/],
])('a run of a definition with %s fails as InvalidDefinition, and its message says where', (_what, one, message) => {
  const invalid = withJobs(one, definition({ name: 'b' }));
  expect(status(invalid)?.jobs).toMatchObject([{ reason: 'InvalidDefinition' }, { reason: 'InvalidDefinition' }]);
  expect(succeeded(invalid)).toMatchObject({ reason: 'InvalidDefinition', message: expect.stringMatching(message) });
});

test('a run whose jobs need each other fails, and one that needs a job of an earlier run does not', () => {
  const cycle = withJobs(definition({ name: 'a', needs: ['b'] }), definition({ name: 'b', needs: ['a'] }));
  expect(succeeded(cycle)?.message).toMatch(/^spec\.jobs\[0\]\.needs\.0: expected no cycle, got a → b → a\. No Job/);
  const again = withJobs(definition({ name: 'a', needs: ['b'] }));
  again.spec.earlierResults = { b: '' };
  expect(status(again)).toBeUndefined();
});

test('a run with two jobs of one name fails, since a cancel and a result could be of either', () => {
  const invalid = withJobs(definition({ name: 'a' }), definition({ name: 'b' }), definition({ name: 'a' }));
  expect(succeeded(invalid)?.message).toMatch(/^spec\.jobs\[2\]\.name: expected a name that no other job has\. No Job/);
});

test('of many invalid definitions ten are told, and how many more there are', () => {
  const { message = '' } = succeeded(withJobs(...Array.from({ length: 1000 }, (_, i) => ({ name: `${i}` })))) ?? {};
  expect(message.match(/spec\.jobs/g)).toHaveLength(10);
  expect(message).toMatch(/; and 2990 more\. No Job was created/);
});

test('valid definitions are carried out', () => {
  expect(status(withJobs(definition(), definition({ name: 'b' })))).toBeUndefined();
});
