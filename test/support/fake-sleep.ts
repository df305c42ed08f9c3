import type { Sleep } from '../../process/sleep.ts';

/** Sleeps on the global timers: jest.useFakeTimers does not replace what node:timers/promises exports to a module. */
export const fakeSleep: Sleep = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
