import { expect, test } from '@jest/globals';
import { faultPoints, needsOf, parsePoint } from '../../chaos/points.ts';

const call = (sender: string, label: string) => ({ sender, label, occurrence: 1, connection: 1 });

test('every call that writes, of the first scenario, is a point at which the process is throttled', () => {
  const calls = [call('api', 'POST groupruns'), call('controller', 'POST jobs/1'), call('controller', 'WATCH jobs')];
  const throttled = (scenario: string) =>
    faultPoints(new Map([[scenario, calls]]))
      .map(({ name }) => name)
      .filter((name) => name.endsWith(': throttled for 30 s'));
  expect(throttled('mixed')).toEqual([
    'mixed: api POST groupruns: throttled for 30 s',
    'mixed: controller POST jobs/1: throttled for 30 s',
  ]);
  expect(throttled('cancelled')).toEqual([]);
});

test('a throttled process needs nothing that other trials could not share, and its point can be replayed by name', () => {
  const point = parsePoint('mixed: controller POST jobs/1: throttled for 30 s');
  expect(point).toMatchObject({ sender: 'controller', call: 'POST jobs/1', fault: 'throttled for 30 s' });
  expect(needsOf(point)).toMatchObject({ alone: false, standby: false, clock: false, silence: false });
});
