import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Address,
  formatAddress,
  PERIODS,
  type Period,
  parseAddress,
  STATES,
} from '../../../page/model/address.ts';

test.each<[string, Address]>([
  ['', { view: 'runs' }],
  ['#/', { view: 'runs' }],
  ['#/somewhere/else', { view: 'runs' }],
  [
    '#/runs?group=backup&state=FAILURE&since=day&id=04a2',
    { view: 'runs', group: 'backup', state: 'FAILURE', since: 'day', id: '04a2' },
  ],
  ['#/runs?state=BROKEN&since=ever', { view: 'runs' }],
  ['#/groups', { view: 'groups' }],
  ['#/groups/group_a', { view: 'groups', group: 'group_a' }],
  ['#/runs/abc', { view: 'run', id: 'abc' }],
  ['#/runs/abc?only=failed&name=load', { view: 'run', id: 'abc', only: 'failed', name: 'load' }],
  ['#/runs/abc/jobs/12', { view: 'job', id: 'abc', number: 12 }],
  ['#/runs/abc/jobs/0', { view: 'run', id: 'abc' }],
  ['#/runs/%E0%A4%A', { view: 'run', id: '%E0%A4%A' }],
])('%s is the address of %j', (hash, address) => {
  expect(parseAddress(hash)).toEqual(address);
});

test('an address survives being written and read', () => {
  const text = fc.option(fc.string({ minLength: 1, unit: 'grapheme' }), { nil: undefined });
  const id = fc.string({ minLength: 1, unit: 'grapheme' });
  const oneOf = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
  const address: fc.Arbitrary<Address> = fc.oneof(
    fc.record({
      view: fc.constant('runs' as const),
      group: text,
      state: oneOf(...STATES),
      since: oneOf(...(Object.keys(PERIODS) as Period[])),
      id: text,
    }),
    fc.record({ view: fc.constant('groups' as const), group: text }),
    fc.record({ view: fc.constant('run' as const), id, only: oneOf('failed' as const, 'active' as const), name: text }),
    fc.record({ view: fc.constant('job' as const), id, number: fc.integer({ min: 1, max: 1000 }) }),
  );
  fc.assert(fc.property(address, (one) => expect(parseAddress(formatAddress(one))).toEqual(one)));
});
