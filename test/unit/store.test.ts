import { describe, expect, test } from '@jest/globals';
import { diff, type Stored } from '../../kube/store.ts';

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
