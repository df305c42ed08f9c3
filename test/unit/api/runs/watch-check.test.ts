import { expect, test } from '@jest/globals';
import { WatchCheck } from '../../../../api/runs/watch-check.ts';

const object = (resourceVersion: string, uid = 'u') => ({ metadata: { name: 'one', uid, resourceVersion } });

function checked() {
  const state = { told: object('5') as ReturnType<typeof object> | undefined, now: 0, reopened: 0 };
  const check = new WatchCheck<ReturnType<typeof object>>({
    get: () => state.told,
    reopen: () => void state.reopened++,
    now: () => state.now,
  });
  return { state, check };
}

test('a watch that has not told of a change for five seconds is opened again, once', () => {
  const { state, check } = checked();
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

test('a watch that is a moment late is left alone', () => {
  const { state, check } = checked();
  check.compare(object('6'));
  state.told = object('6');
  for (const now of [6000, 8000]) {
    state.now = now;
    check.compare(object('7'));
    state.told = object('7');
  }
  expect(state.reopened).toBe(0);
});

test.each([
  ['is older', object('4')],
  ['is another of the same name', object('9', 'other')],
])('what %s says nothing about the watch', (_what, read) => {
  const { state, check } = checked();
  for (const now of [0, 6000, 12_000]) {
    state.now = now;
    check.compare(read);
  }
  expect(state.reopened).toBe(0);
});
