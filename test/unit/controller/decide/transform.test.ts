import { expect, test } from '@jest/globals';
import { transformJob, transformRun } from '../../../../controller/decide/transform.ts';
import { job, run, stoppedJob, stored } from '../../../support/builders.ts';

test('of what others write on a run only its trace is kept', () => {
  const one = run();
  const annotations = { 'async-api.dev/traceparent': 't', 'kubectl.kubernetes.io/last-applied-configuration': 'x' };
  Object.assign(one.metadata, { annotations, managedFields: [{}] });
  expect(transformRun(one).metadata).toEqual({ ...run().metadata, annotations: { 'async-api.dev/traceparent': 't' } });
});

test('of a run that is over the messages are not kept, and of one that goes on they are', () => {
  const said = stored('FAILURE', { message: 'boom' });
  const over = { ...run(), status: { state: 'FAILURE' as const, jobs: [said] } };
  expect(transformRun(over).status?.jobs).toEqual([stored('FAILURE')]);
  const open = { ...run(), status: { state: 'STARTED' as const, jobs: [said] } };
  expect(transformRun(open).status?.jobs).toEqual([said]);
});

test('a Job keeps that it was stopped and whether it is to expire', () => {
  expect(transformJob(stoppedJob('Cancelled', true)).metadata.annotations).toEqual({
    'async-api.dev/stop': '{"reason":"Cancelled"}',
  });
  const expiring = { ...job(), spec: { ttlSecondsAfterFinished: 5, suspend: false } };
  expect(transformJob(expiring).spec).toEqual(expiring.spec);
});
