import { expect, test } from '@jest/globals';
import { jobId, newRunId, parseJobId, runIdOf } from '../../../contract/ids.ts';

const RUN_ID = '78b9a1c2-0d3e-4f56-8a9b-c0d1e2f30000';

test.each([
  [1, '0001'],
  [10, '000a'],
  [1000, '03e8'],
])('the id of job %i ends in %s and contains the run id', (index, digits) => {
  const id = jobId(RUN_ID, index);
  expect(id).toBe(RUN_ID.slice(0, -4) + digits);
  expect(parseJobId(id)).toEqual({ runId: RUN_ID, index });
});

test.each([0, 1001, 1.5])('a job index of %d is an error', (index) => {
  expect(() => jobId(RUN_ID, index)).toThrow(/from 1 to 1000/);
});

test.each([
  '',
  'dummy',
  RUN_ID,
  RUN_ID.toUpperCase(),
  `${RUN_ID.slice(0, -4)}ffff`,
  `${jobId(RUN_ID, 1)}\n`,
  'a'.repeat(1e5),
])('%j is not a job id', (id) => {
  expect(parseJobId(id)).toBeUndefined();
});

test('new run ids are unique', () => {
  expect(newRunId()).toMatch(/^[0-9a-f-]{32}0000$/);
  expect(newRunId()).not.toBe(newRunId());
});

test('the run id of a run with a custom name is derived from its UID', () => {
  const uid = '11111111-2222-4333-8444-555555556666';
  expect(runIdOf({ name: 'by-hand', uid })).toBe('11111111-2222-4333-8444-555555550000');
  expect(runIdOf({ name: RUN_ID, uid })).toBe(RUN_ID);
});
