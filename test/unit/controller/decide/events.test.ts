import { expect, test } from '@jest/globals';
import { isPodSetupFailure, lastSeenAt, newestEvent } from '../../../../controller/decide/events.ts';
import type { Event } from '../../../../controller/decide/types.ts';
import { podEvent, waitingPod } from '../../../support/builders.ts';

const event = (fields: Partial<Event>) =>
  podEvent(waitingPod('ContainerCreating'), { lastTimestamp: null, series: null, eventTime: null, ...fields });

test.each<[string, Partial<Event>, string | undefined]>([
  ['lastTimestamp', { lastTimestamp: '2026-11-24T11:30:00Z' }, '2026-11-24T11:30:00Z'],
  ['eventTime', { eventTime: '2026-11-24T11:30:00.250000Z' }, '2026-11-24T11:30:00.250000Z'],
  [
    'its series, newer than eventTime',
    { eventTime: '2026-11-24T11:30:00.000000Z', series: { lastObservedTime: '2026-11-24T11:40:00.000000Z' } },
    '2026-11-24T11:40:00.000000Z',
  ],
  ['nothing', {}, undefined],
])('an Event was last seen at the time in %s', (_field, fields, at) => {
  expect(lastSeenAt(event(fields))).toBe(at);
});

test('the newest Event is found by time, not by text', () => {
  // As text '00.5Z' is before '00Z'.
  const older = event({ lastTimestamp: '2026-11-24T11:30:00Z' });
  const newer = event({ eventTime: '2026-11-24T11:30:00.500000Z' });
  expect(newestEvent([newer, older])).toBe(newer);
  expect(newestEvent([older, newer])).toBe(newer);
  const early = event({ lastTimestamp: '2026-11-24T11:30:00+02:00' });
  expect(newestEvent([older, early])).toBe(older);
});

test.each([
  ['FailedMount', true],
  ['FailedAttachVolume', true],
  ['FailedCreatePodSandBox', true],
  ['NetworkNotReady', true],
  ['Failed', false],
  ['BackOff', false],
  ['FailedScheduling', false],
  ['FailedToRetrieveImagePullSecret', false],
  [undefined, false],
])('%s says why a pod cannot be set up: %s', (reason, expected) => {
  expect(isPodSetupFailure(reason === undefined ? {} : { reason })).toBe(expected);
});
