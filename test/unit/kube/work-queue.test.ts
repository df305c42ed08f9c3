import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { WorkQueue } from '../../../kube/work-queue.ts';

// Fake timers: the times asserted here do not depend on the machine.
beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Runs the queue during `body`, then stops it and gives the handlers in progress time to end. */
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

test('a key added many times while queued is processed once', async () => {
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

test('a key added while processed is processed again, never by two workers at a time', async () => {
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

test('different keys are processed in parallel', async () => {
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

test('of several delays of a key the shortest counts, and the key is added once', async () => {
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

test('setting the system clock back makes no delay longer', async () => {
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

test('a key whose handler throws is retried with growing backoff', async () => {
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

test('the backoff of a key grows to 60 s and no further', async () => {
  const at: number[] = [];
  const handler = async () => {
    at.push(performance.now());
    throw new Error('never');
  };
  await running(1, handler, async (queue) => {
    queue.add('a');
    await pass(600_000);
  });
  const backoffs = at.flatMap((ms, i) => (i === 0 ? [] : [ms - at[i - 1]!]));
  expect(backoffs.slice(0, 12)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
  expect(Math.max(...backoffs)).toBe(60_000);
});

test('success resets the backoff of a key', async () => {
  const at: number[] = [];
  const begun = performance.now();
  const handler = async () => {
    at.push(performance.now() - begun);
    if (at.length !== 3) throw new Error('not this time');
  };
  await running(1, handler, async (queue) => {
    queue.add('a');
    await pass(1000);
    queue.add('a');
    await pass(150);
  });
  // The third try succeeds, the fourth fails like the first.
  expect(at).toEqual([0, 100, 300, 1000, 1100]);
});

test('stopping clears the timers of delayed keys', async () => {
  await running(
    1,
    async () => {},
    async (queue) => {
      queue.addAfter('a', 60_000);
      await pass(1);
      expect(jest.getTimerCount()).toBe(1);
    },
  );
  expect(jest.getTimerCount()).toBe(0);
});

test('a key that fails or is delayed after the stop sets no timer', async () => {
  const queue = new WorkQueue();
  const stop = new AbortController();
  const handler = async () => {
    await sleep(20);
    throw new Error('too late');
  };
  const failed: string[] = [];
  queue.add('a');
  const done = queue.run(1, handler, stop.signal, (key) => failed.push(key));
  await pass(1);
  stop.abort();
  await pass(20);
  await done;
  expect(failed).toEqual(['a']);
  expect(jest.getTimerCount()).toBe(0);
  queue.addAfter('b', 60_000);
  expect(jest.getTimerCount()).toBe(0);
});

test('stopping finishes the key in progress and starts no other', async () => {
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

test('retries of many keys are rate-limited together', async () => {
  let tries = 0;
  const handler = async () => {
    tries += 1;
    throw new Error('the API server is away');
  };
  await running(8, handler, async (queue) => {
    for (let key = 0; key < 300; key++) queue.add(`key-${key}`);
    await pass(900);
  });
  // 300 first tries, a burst of 100 retries, then one retry each 0.1 s.
  expect(tries).toBe(300 + 100 + 9);
});

test('however many keys retry, none waits longer than a minute', async () => {
  const tried = new Map<string, number>();
  const handler = async (key: string) => {
    tried.set(key, (tried.get(key) ?? 0) + 1);
    throw new Error('the API server is away');
  };
  await running(8, handler, async (queue) => {
    for (let key = 0; key < 1000; key++) queue.add(`key-${key}`);
    await pass(60_100);
  });
  expect([...tried.values()].filter((tries) => tries < 2)).toEqual([]);
});

test('a key added with a gap is processed at once, and then so long after the end of its last processing', async () => {
  const seen: number[] = [];
  const begun = performance.now();
  const handler = async () => {
    seen.push(performance.now() - begun);
    await sleep(50);
  };
  await running(2, handler, async (queue) => {
    queue.addSpaced('a', 30);
    queue.addSpaced('a', 30);
    await pass(20);
    // While it is processed, until 50.
    queue.addSpaced('a', 30);
    queue.addSpaced('a', 30);
    await pass(120);
    // At 140; the last processing ended at 130.
    queue.addSpaced('a', 30);
    await pass(200);
    // At 340: long after.
    queue.addSpaced('a', 30);
    await pass(10);
  });
  expect(seen.map((at) => Math.round(at / 10) * 10)).toEqual([0, 80, 160, 340]);
});

test('a key added without a gap is processed at once, also while it waits for its gap', async () => {
  const seen: number[] = [];
  const begun = performance.now();
  await running(
    1,
    async () => void seen.push(performance.now() - begun),
    async (queue) => {
      queue.add('a');
      await pass(1);
      queue.addSpaced('a', 100);
      await pass(10);
      queue.add('a');
      await pass(10);
    },
  );
  expect(seen.map((at) => Math.round(at / 10) * 10)).toEqual([0, 10]);
});

test('a delay longer than a timer can be does not fire at once', async () => {
  const seen: string[] = [];
  await running(
    1,
    async (key) => void seen.push(key),
    async (queue) => {
      queue.addAfter('a', 365 * 24 * 3600 * 1000);
      await pass(1000);
    },
  );
  expect(seen).toEqual([]);
});
