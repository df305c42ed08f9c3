import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { WorkQueue } from '../../../kube/work-queue.ts';

// The queue's own clock is the test's: what is said of time here does not depend on the machine.
beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Runs the queue until the test's body is done; what is in hand then gets the time it takes. */
async function running(
  workers: number,
  handler: (key: string) => Promise<void>,
  body: (queue: WorkQueue) => Promise<void>,
): Promise<void> {
  const queue = new WorkQueue();
  const stop = new AbortController();
  const done = queue.run(workers, handler, stop.signal);
  await body(queue);
  stop.abort();
  await pass(1000);
  await done;
}

test('a key added many times while it waits is worked on once', async () => {
  const seen: string[] = [];
  const queue = new WorkQueue();
  for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
  expect(queue.depth).toBe(2);
  const stop = new AbortController();
  const done = queue.run(1, async (key) => void seen.push(key), stop.signal);
  await pass(1);
  stop.abort();
  await done;
  expect(seen).toEqual(['a', 'b']);
});

test('a key added while it is worked on runs again, and never twice at a time', async () => {
  let active = 0;
  let most = 0;
  let runs = 0;
  const handler = async () => {
    active += 1;
    runs += 1;
    most = Math.max(most, active);
    await sleep(10);
    active -= 1;
  };
  await running(4, handler, async (queue) => {
    queue.add('a');
    await pass(2);
    queue.add('a');
    queue.add('a');
    await pass(60);
  });
  expect({ runs, most }).toEqual({ runs: 2, most: 1 });
});

test('different keys are worked on side by side', async () => {
  const started: string[] = [];
  const handler = async (key: string) => {
    started.push(key);
    await sleep(30);
  };
  await running(2, handler, async (queue) => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await pass(10);
    expect(started).toEqual(['a', 'b']);
  });
});

test('of two delays for a key the shorter one counts, and the key is added once', async () => {
  const seen: number[] = [];
  const begun = performance.now();
  const handler = async () => void seen.push(performance.now() - begun);
  await running(1, handler, async (queue) => {
    queue.addAfter('a', 150);
    queue.addAfter('a', 20);
    queue.addAfter('a', 100);
    await pass(250);
  });
  expect(seen).toEqual([20]);
});

test('a clock that is set back makes no delay longer', async () => {
  const seen: number[] = [];
  const begun = performance.now();
  const handler = async () => void seen.push(performance.now() - begun);
  await running(1, handler, async (queue) => {
    queue.addAfter('a', 20);
    jest.setSystemTime(Date.now() - 3_600_000);
    queue.addAfter('a', 150);
    await pass(250);
  });
  expect(seen).toEqual([20]);
});

test('a key whose handler throws is tried again, later each time', async () => {
  const at: number[] = [];
  const begun = performance.now();
  const handler = async () => {
    at.push(performance.now() - begun);
    if (at.length < 3) throw new Error('not yet');
  };
  await running(1, handler, async (queue) => {
    queue.add('a');
    await pass(1000);
  });
  expect(at).toEqual([0, 100, 300]);
});

test('stopping finishes the key in hand and takes no further one', async () => {
  const finished: string[] = [];
  const handler = async (key: string) => {
    await sleep(20);
    finished.push(key);
  };
  await running(1, handler, async (queue) => {
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 5);
    await pass(1);
  });
  expect(finished).toEqual(['a']);
});

test('a storm of failures of many keys is held to a rate', async () => {
  let tries = 0;
  const handler = async () => {
    tries += 1;
    throw new Error('the API server is away');
  };
  await running(8, handler, async (queue) => {
    for (let key = 0; key < 300; key++) queue.add(`key-${key}`);
    await pass(900);
  });
  // All once, a burst of a hundred again, and ten a second more: one each tenth of a second.
  expect(tries).toBe(300 + 100 + 9);
});
