import { expect, test } from '@jest/globals';
import { type Part, runTogether, whenAborted } from '../../../process/run-together.ts';

const BROKEN = new Error('broken');

/** Parts that note in `ended` when they have ended. */
function start() {
  const ended: string[] = [];
  const lasting =
    (name: string): Part =>
    async (signal) => {
      await whenAborted(signal);
      ended.push(name);
    };
  return { ended, lasting };
}

test('when one part fails, the others are ended, and only then the failure is thrown', async () => {
  const { ended, lasting } = start();
  await expect(runTogether([lasting('a'), () => Promise.reject(BROKEN), lasting('b')])).rejects.toBe(BROKEN);
  expect(ended).toEqual(['a', 'b']);
});

test('when one part ends by itself, the others are ended too', async () => {
  const { ended, lasting } = start();
  await runTogether([async () => {}, lasting('a')]);
  expect(ended).toEqual(['a']);
});

test('of several failures the first is thrown', async () => {
  const later: Part = async (signal) => {
    await whenAborted(signal);
    throw new Error('aborted');
  };
  await expect(runTogether([later, () => Promise.reject(BROKEN)])).rejects.toBe(BROKEN);
});

test('all parts end when the signal aborts', async () => {
  const { ended, lasting } = start();
  const stop = new AbortController();
  const running = runTogether([lasting('a'), lasting('b')], stop.signal);
  stop.abort();
  await running;
  expect(ended).toEqual(['a', 'b']);
});
