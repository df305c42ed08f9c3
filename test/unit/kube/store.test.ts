import { describe, expect, test } from '@jest/globals';
import { diff, Store, type Stored } from '../../../kube/store.ts';

const object = (name: string, uid: string, resourceVersion: string): Stored => ({
  metadata: { name, uid, resourceVersion },
});
const byName = (...objects: Stored[]) => new Map(objects.map((one) => [one.metadata.name, one]));

describe('a new list', () => {
  const old = object('a', '1', '10');

  test('deletes an object it does not contain', () => {
    expect(diff(byName(old), byName())).toEqual([{ previous: old, current: undefined }]);
  });

  test('adds an object that was not stored', () => {
    expect(diff(byName(), byName(old))).toEqual([{ previous: undefined, current: old }]);
  });

  test('updates an object of which it has a newer version', () => {
    const current = object('a', '1', '11');
    expect(diff(byName(old), byName(current))).toEqual([{ previous: old, current }]);
  });

  test('changes nothing for an object in the same version', () => {
    expect(diff(byName(old), byName(object('a', '1', '10')))).toEqual([]);
  });

  test('replaces a recreated object by a deletion and an addition', () => {
    const current = object('a', '2', '11');
    expect(diff(byName(old), byName(current))).toEqual([
      { previous: old, current: undefined },
      { previous: undefined, current },
    ]);
  });
});

describe('a watch event', () => {
  const stored = () => {
    const store = new Store();
    store.apply({ previous: undefined, current: object('a', '1', '10') });
    return store;
  };

  test('that is repeated or late changes nothing', () => {
    expect(stored().changesFromEvent('MODIFIED', object('a', '1', '10'))).toEqual([]);
    expect(stored().changesFromEvent('MODIFIED', object('a', '1', '9'))).toEqual([]);
  });

  test('that reports the deletion of an earlier object of the same name keeps the new one', () => {
    expect(stored().changesFromEvent('DELETED', object('a', '0', '9'))).toEqual([]);
    expect(stored().changesFromEvent('DELETED', object('a', '1', '11'))).toHaveLength(1);
  });

  test('is compared by its resourceVersion as a number, not as text', () => {
    expect(stored().changesFromEvent('MODIFIED', object('a', '1', '100'))).toHaveLength(1);
  });
});

test('byIndex finds an object until it is deleted', () => {
  const store = new Store<Stored>(({ metadata }) => metadata.uid);
  const one = object('a', 'x', '1');
  store.apply({ previous: undefined, current: one });
  expect(store.byIndex('x')).toEqual([one]);
  store.apply({ previous: one, current: undefined });
  expect(store.byIndex('x')).toEqual([]);
});
