import { describe, expect, test } from '@jest/globals';
import { diff, Store, type Stored } from '../../../kube/store.ts';

const object = (name: string, uid: string, resourceVersion: string): Stored => ({
  metadata: { name, uid, resourceVersion },
});
const byName = (...objects: Stored[]) => new Map(objects.map((one) => [one.metadata.name, one]));

describe('what a new list changes', () => {
  const old = object('a', '1', '10');

  test('an object that is not in it was deleted', () => {
    expect(diff(byName(old), byName())).toEqual([{ previous: old, current: undefined }]);
  });

  test('an object that was not there before was made', () => {
    expect(diff(byName(), byName(old))).toEqual([{ previous: undefined, current: old }]);
  });

  test('an object in a newer version was changed', () => {
    const current = object('a', '1', '11');
    expect(diff(byName(old), byName(current))).toEqual([{ previous: old, current }]);
  });

  test('an object in the same version is no change', () => {
    expect(diff(byName(old), byName(object('a', '1', '10')))).toEqual([]);
  });

  test('another object under the same name is one deleted and one made, not a change', () => {
    const current = object('a', '2', '11');
    expect(diff(byName(old), byName(current))).toEqual([
      { previous: old, current: undefined },
      { previous: undefined, current },
    ]);
  });
});

describe('what an event changes', () => {
  const stored = () => {
    const store = new Store();
    store.apply({ previous: undefined, current: object('a', '1', '10') });
    return store;
  };

  test('one that comes a second time, or late, changes nothing', () => {
    expect(stored().changesFromEvent('MODIFIED', object('a', '1', '10'))).toEqual([]);
    expect(stored().changesFromEvent('MODIFIED', object('a', '1', '9'))).toEqual([]);
  });

  test('the late end of an earlier object of the same name does not take the new one away', () => {
    expect(stored().changesFromEvent('DELETED', object('a', '0', '9'))).toEqual([]);
    expect(stored().changesFromEvent('DELETED', object('a', '1', '11'))).toHaveLength(1);
  });

  test('versions are compared as numbers, not as text', () => {
    expect(stored().changesFromEvent('MODIFIED', object('a', '1', '100'))).toHaveLength(1);
  });
});

test('objects are found by what they are grouped by, as long as they are there', () => {
  const store = new Store<Stored>(({ metadata }) => metadata.uid);
  const one = object('a', 'x', '1');
  store.apply({ previous: undefined, current: one });
  expect(store.byIndex('x')).toEqual([one]);
  store.apply({ previous: one, current: undefined });
  expect(store.byIndex('x')).toEqual([]);
});
