import { expect, test } from '@jest/globals';
import { transformEvent, transformJob, transformPod, transformRun } from '../../../../controller/decide/transform.ts';
import {
  evictedPod,
  failedPod,
  job,
  podEvent,
  run,
  stoppedJob,
  stored,
  succeededPod,
  unreachablePod,
  waitingPod,
} from '../../../support/builders.ts';

test('of the annotations of a run only the traceparent is kept', () => {
  const one = run();
  const annotations = { 'async-api.dev/traceparent': 't', 'kubectl.kubernetes.io/last-applied-configuration': 'x' };
  Object.assign(one.metadata, { annotations, managedFields: [{}] });
  expect(transformRun(one).metadata).toEqual({ ...run().metadata, annotations: { 'async-api.dev/traceparent': 't' } });
});

test('the messages and results of a finished run are dropped, those of an unfinished run kept', () => {
  const jobs = [stored('FAILURE', { message: 'boom' }), stored('SUCCESS', { result: '{}' })];
  const over = { ...run(), status: { state: 'FAILURE' as const, jobs } };
  expect(transformRun(over).status?.jobs).toEqual([stored('FAILURE'), stored('SUCCESS')]);
  const open = { ...run(), status: { state: 'STARTED' as const, jobs } };
  expect(transformRun(open).status?.jobs).toEqual(jobs);
});

test('a Job keeps its stop annotation and suspend', () => {
  expect(transformJob(stoppedJob('Cancelled', true)).metadata.annotations).toEqual({
    'async-api.dev/stop': '{"reason":"Cancelled"}',
  });
  const resumed = { ...job(), spec: { backoffLimit: 5, suspend: false } };
  expect(transformJob(resumed).spec).toEqual({ suspend: false });
});

test('an Event keeps its reason, message, object and times', () => {
  const times = { lastTimestamp: '2026-11-24T11:30:00Z', eventTime: '2026-11-24T11:30:00.000000Z' };
  const event = podEvent(waitingPod('ContainerCreating'), { ...times, series: { lastObservedTime: 'later' } });
  const more = { type: 'Warning', count: 3, source: { component: 'kubelet' }, firstTimestamp: null };
  const { name, uid } = event.involvedObject;
  const involvedObject = { kind: 'Pod', namespace: 'n', fieldPath: 'spec', name: name!, uid: uid! };
  const { lastObservedTime } = event.series!;
  const raw = { ...event, ...more, involvedObject, series: { count: 3, lastObservedTime: lastObservedTime! } };
  expect(transformEvent(raw)).toEqual(event);
  expect(transformEvent({ ...raw, lastTimestamp: null, eventTime: null, series: null })).not.toHaveProperty('series');
});

test.each([
  ['its node, conditions and the state of its container', unreachablePod('2026-11-24T12:00:00Z')],
  ['its reason and message', evictedPod()],
  ['the end of its container', failedPod({ message: 'boom' })],
])('a pod keeps %s', (_, pod) => {
  const status = { ...pod.status, podIP: '10.0.0.1', startTime: '2026-11-24T11:00:00Z' };
  const spec = { ...pod.spec, containers: [{ name: 'job' }] };
  const metadata = { ...pod.metadata, labels: { l: 'l' }, annotations: { a: 'a' }, managedFields: [{}] };
  expect(transformPod({ metadata, spec, status })).toEqual({
    ...pod,
    metadata: { ...pod.metadata, labels: { l: 'l' } },
  });
});

test('of the other kinds of containers only the names are kept', () => {
  const pod = succeededPod({ message: 'done' });
  const others = [{ name: 'other', state: { terminated: { exitCode: 0, message: 'm'.repeat(4096) } } }];
  const status = { ...pod.status!, initContainerStatuses: others, ephemeralContainerStatuses: others };
  const names = [{ name: 'other' }];
  const kept = { initContainerStatuses: names, ephemeralContainerStatuses: names };
  expect(transformPod({ ...pod, status }).status).toEqual({ ...pod.status!, ...kept });
});

test('of a container only its name and state are kept', () => {
  const [container] = failedPod().status!.containerStatuses!;
  const pod = failedPod();
  Object.assign(pod.status!.containerStatuses![0]!, { image: 'i', imageID: 'i', ready: true, restartCount: 0 });
  expect(transformPod(pod).status!.containerStatuses).toEqual([container]);
});
