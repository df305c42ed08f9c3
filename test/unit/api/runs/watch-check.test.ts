import { expect, test } from '@jest/globals';
import { WatchCheck } from '../../../../api/runs/watch-check.ts';

const object = (resourceVersion: string, uid = 'u') => ({ metadata: { name: 'one', uid, resourceVersion } });

function createCheck() {
  const state = { cached: object('5') as ReturnType<typeof object> | undefined, now: 0, reopened: 0 };
  const check = new WatchCheck({
    get: () => state.cached,
    reopen: () => void state.reopened++,
    now: () => state.now,
  });
  return { state, check };
}

test('a watch that misses a change for five seconds is reopened, once', () => {
  const { state, check } = createCheck();
  for (const now of [0, 2000, 4000]) {
    state.now = now;
    check.compare(object('6'));
  }
  expect(state.reopened).toBe(0);
  for (const now of [6000, 8000, 10_000]) {
    state.now = now;
    check.compare(object('6'));
  }
  expect(state.reopened).toBe(1);
});

test('a watch that is a moment late is not reopened', () => {
  const { state, check } = createCheck();
  check.compare(object('6'));
  state.cached = object('6');
  for (const now of [6000, 8000]) {
    state.now = now;
    check.compare(object('7'));
    state.cached = object('7');
  }
  expect(state.reopened).toBe(0);
});

test.each([
  ["is older than the watch's copy", object('4')],
  ['has the same name and another UID', object('9', 'other')],
])('an object that %s is not a missed change', (_what, read) => {
  const { state, check } = createCheck();
  for (const now of [0, 6000, 12_000]) {
    state.now = now;
    check.compare(read);
  }
  expect(state.reopened).toBe(0);
});
