import { expect, test } from '@jest/globals';
import { Wait } from 'testcontainers';
import { changes, ImageContainer, runToEnd, stop } from '../support/image-container.ts';

test.each([
  ['sleep --seconds=0', 0, 'Done.\n'],
  ['log --lines=2 --interval-seconds=0', 0, 'Line 1 of 2\nLine 2 of 2\nDone.\n'],
  ['fail --exit-code=3', 3, 'Failed on purpose with exit code 3 (fail probability 1).\n'],
  ['sleep --seconds=0 --fail-probability=1 --exit-code=255', 255, /Failed on purpose with exit code 255/],
  ['dance', 2, 'Expected one of sleep, log, fail, hang first, got dance.\n'],
  ['sleep --seconds=soon', 2, /^Expected --seconds to be a number/],
])('%s ends with %i and says why', async (line, code, says) => {
  const end = await runToEnd(new ImageContainer('job-image').withCommand(line.split(' ')));
  expect(end.output).toMatch(says);
  expect(end.code).toBe(code);
});

test('a job that hangs ends at SIGTERM with 143, within its grace period', async () => {
  const hangs = new ImageContainer('job-image').withCommand(['hang']).withWaitStrategy(Wait.forLogMessage(/Hanging/));
  const { code, output } = await stop(await hangs.start());
  expect(output).toMatch(/Got SIGTERM before the work was done/);
  expect(code).toBe(143);
});

test('it refuses to run as root', async () => {
  const end = await runToEnd(new ImageContainer('job-image').withUser('0').withCommand(['sleep', '--seconds=0']));
  expect(end.output).toMatch(/^Expected a user other than root: leave the image's own \(65532\)/);
  expect(end.code).toBe(2);
});

test('it writes nothing to a writable root file system', async () => {
  const logs = new ImageContainer('job-image')
    .withWritableRoot()
    .withCommand(['log', '--lines=1000', '--interval-seconds=1'])
    .withWaitStrategy(Wait.forLogMessage(/Line 2/));
  const container = await logs.start();
  expect(await changes(container)).toEqual([]);
  await stop(container);
});
