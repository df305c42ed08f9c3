import { expect, test } from '@jest/globals';
import { stopCause, stopPatch } from '../../../../controller/decide/stop.ts';
import type { Job } from '../../../../controller/decide/types.ts';
import { job } from '../../../support/builders.ts';

const annotated = (value: string): Job => {
  const one = job();
  one.metadata.annotations = { 'async-api.dev/stop': value };
  return one;
};

test('a stopped Job has the cause with which it was stopped', () => {
  const cause = { reason: 'DeadlineExceeded', message: 'too long', exitCode: 3 };
  expect(stopCause({ ...job(), metadata: { ...job().metadata, ...stopPatch(job(), cause).metadata } })).toEqual(cause);
});

test.each(['', 'no JSON', 'null', '[]', '{}', '{"reason":5}'])(
  'a Job whose stop annotation is %j was cancelled',
  (value) => {
    expect(stopCause(annotated(value))).toEqual({ reason: 'Cancelled' });
  },
);

test('a Job without a stop annotation was not stopped', () => {
  expect(stopCause(job())).toBeUndefined();
});

test('the patch suspends the Job with this UID, and no other of its name', () => {
  expect(stopPatch(job(), { reason: 'Cancelled' })).toEqual({
    metadata: { uid: 'job-uid', annotations: { 'async-api.dev/stop': '{"reason":"Cancelled"}' } },
    spec: { suspend: true },
  });
});
