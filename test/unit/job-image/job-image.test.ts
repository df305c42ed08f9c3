import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Deps, parseWork, runWork, UsageError } from '../../../job-image/main.ts';

const idle = {
  lines: 0,
  intervalSeconds: 1,
  seconds: 0,
  hangProbability: 0,
  failProbability: 0,
  exitCode: 1,
  result: '',
};

describe('the command line', () => {
  test.each([
    ['sleep --seconds=5', { ...idle, seconds: 5 }],
    ['sleep --seconds 0.5', { ...idle, seconds: 0.5 }],
    ['sleep --seconds=0', idle],
    ['sleep --seconds=86400', { ...idle, seconds: 86_400 }],
    ['sleep --seconds=1e-7', { ...idle, seconds: 1e-7 }],
    [
      'sleep --seconds=1 --hang-probability=0.5 --fail-probability=1 --exit-code=255',
      { ...idle, seconds: 1, hangProbability: 0.5, failProbability: 1, exitCode: 255 },
    ],
    ['log --lines=20', { ...idle, lines: 20 }],
    ['log --lines=20 --interval-seconds=0.25', { ...idle, lines: 20, intervalSeconds: 0.25 }],
    ['log --lines=1 --fail-probability=0.1', { ...idle, lines: 1, failProbability: 0.1 }],
    ['sleep --seconds=1 --result={"rows":3}', { ...idle, seconds: 1, result: '{"rows":3}' }],
    ['log --lines=1 --result=--lines=2', { ...idle, lines: 1, result: '--lines=2' }],
    ['log --lines=1 --result=', { ...idle, lines: 1 }],
    ['fail', { ...idle, failProbability: 1 }],
    ['fail --exit-code=3', { ...idle, failProbability: 1, exitCode: 3 }],
    ['hang', { ...idle, hangProbability: 1 }],
  ])('%s is valid', (line, expected) => {
    expect(parseWork(line.split(' '))).toEqual(expected);
  });

  test.each([
    ['', 'Expected one of sleep, log, fail, hang first, got .'],
    ['dance', 'Expected one of sleep, log, fail, hang first, got dance.'],
    ['toString', 'Expected one of sleep, log, fail, hang first, got toString.'],
    ['sleep', 'Expected --seconds to be a number from 0 to 86400 after sleep, got none.'],
    ['sleep --seconds=-1', 'Expected --seconds to be a number from 0 to 86400, got "-1".'],
    ['sleep --seconds=86401', 'Expected --seconds to be a number from 0 to 86400, got "86401".'],
    ['sleep --seconds=', 'Expected --seconds to be a number from 0 to 86400, got "".'],
    ['sleep --seconds=5s', 'Expected --seconds to be a number from 0 to 86400, got "5s".'],
    ['sleep --seconds=0x10', 'Expected --seconds to be a number from 0 to 86400, got "0x10".'],
    ['log --lines=1.5', 'Expected --lines to be a whole number from 0 to 1000000, got "1.5".'],
    ['log', 'Expected --lines to be a whole number from 0 to 1000000 after log, got none.'],
    ['sleep --seconds=1 --hang-probability=1.1', 'Expected --hang-probability to be a number from 0 to 1, got "1.1".'],
    ['fail --exit-code=0', 'Expected --exit-code to be a whole number from 1 to 255, got "0".'],
    ['fail --exit-code=256', 'Expected --exit-code to be a whole number from 1 to 255, got "256".'],
    ['fail --seconds=1', "Expected --exit-code=N after fail, got: Unknown option '--seconds'."],
    ['fail --result=x', "Expected --exit-code=N after fail, got: Unknown option '--result'."],
    [
      'log --line=1',
      'Expected --lines=N, --interval-seconds=N, --hang-probability=N, --fail-probability=N, --exit-code=N, --result=TEXT ' +
        "after log, got: Unknown option '--line'.",
    ],
    ['hang --exit-code=1', "Expected no option after hang, got: Unknown option '--exit-code'."],
    ['hang now', "Expected no option after hang, got: Unexpected argument 'now'."],
    ['fail --exit-code', "Expected --exit-code=N after fail, got: Option '--exit-code <value>' argument missing."],
  ])('"%s" is invalid', (line, message) => {
    expect(() => parseWork(line.split(' '))).toThrow(new UsageError(message));
  });

  test('without arguments is invalid', () => {
    expect(() => parseWork([])).toThrow('Expected one of sleep, log, fail, hang first, got nothing.');
  });
});

const withDraws = (...draws: number[]) => {
  const printed: string[] = [];
  const stop = new AbortController();
  const deps: Deps = {
    random: () => draws.shift() ?? Number.NaN,
    print: (line) => printed.push(line),
    printError: (line) => printed.push(`! ${line}`),
    signal: stop.signal,
    terminationLog: '/nowhere/termination-log',
  };
  return { deps, printed, stop };
};

describe('a job with a result', () => {
  let folder: string;
  let terminationLog: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'job-image-'));
    terminationLog = join(folder, 'termination-log');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const work = { ...idle, result: 'Zoë\n{"rows":3}', failProbability: 0.5 };

  test('writes it when it succeeds', async () => {
    const { deps, printed } = withDraws(0.5, 0.5);
    expect(await runWork(work, { ...deps, terminationLog })).toBe(0);
    expect(await readFile(terminationLog, 'utf8')).toBe(work.result);
    expect(printed).toEqual(['Done.']);
  });

  test('does not write it when it fails, nor an empty one', async () => {
    expect(await runWork(work, { ...withDraws(0.5, 0.4).deps, terminationLog })).toBe(1);
    expect(await runWork(idle, { ...withDraws(0.5, 0.5).deps, terminationLog })).toBe(0);
    await expect(readFile(terminationLog)).rejects.toThrow('ENOENT');
  });

  test('fails where it cannot write it, and the last line says so', async () => {
    const { deps, printed } = withDraws(0.5, 0.5);
    expect(await runWork(work, deps)).toBe(1);
    expect(printed).toEqual([expect.stringMatching(/^! Cannot write the result: ENOENT.*nowhere/)]);
  });
});

describe('a job that may hang or fail', () => {
  const work = { ...idle, lines: 1, hangProbability: 0.5, failProbability: 0.5, exitCode: 7 };

  test('works and succeeds if both random numbers are not below the probability', async () => {
    const { deps, printed } = withDraws(0.5, 0.5);
    expect(await runWork(work, deps)).toBe(0);
    expect(printed).toEqual(['Line 1 of 1', 'Done.']);
  });

  test('fails after its work, and the last line says so', async () => {
    const { deps, printed } = withDraws(0.5, 0.49);
    expect(await runWork(work, deps)).toBe(7);
    expect(printed).toEqual(['Line 1 of 1', '! Failed on purpose with exit code 7 (fail probability 0.5).']);
  });

  test('hangs before its work, until it is aborted', async () => {
    const { deps, printed, stop } = withDraws(0.49);
    const running = runWork(work, deps);
    stop.abort();
    await expect(running).rejects.toThrow('aborted');
    expect(printed).toEqual(['Hanging on purpose (hang probability 0.5); only a signal ends this.']);
  });

  test('never fails at probability 0 and always at 1', async () => {
    const lowest = withDraws(0, 0);
    expect(await runWork(idle, lowest.deps)).toBe(0);
    const highest = withDraws(1 - Number.EPSILON, 1 - Number.EPSILON);
    expect(await runWork({ ...idle, failProbability: 1 }, highest.deps)).toBe(1);
  });
});

describe('the program', () => {
  const main = join(import.meta.dirname, '../../../job-image/main.ts');
  // Without Jest's NODE_OPTIONS, which the image does not have.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const children: ChildProcessByStdio<null, Readable, Readable>[] = [];

  function start(...args: string[]) {
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const output = { out: '', err: '' };
    child.stdout.on('data', (data) => {
      output.out += data;
    });
    child.stderr.on('data', (data) => {
      output.err += data;
    });
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }));
    const firstLine = once(child.stdout, 'data');
    return { child, ended, firstLine };
  }

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  test('exits with 0 after the sleep', async () => {
    expect(await start('sleep', '--seconds=0.01').ended).toMatchObject({
      code: 0,
      out: 'Sleeping for 0.01 s.\nDone.\n',
      err: '',
    });
  });

  test('prints numbered lines', async () => {
    expect(await start('log', '--lines=3', '--interval-seconds=0.01').ended).toMatchObject({
      code: 0,
      out: 'Line 1 of 3\nLine 2 of 3\nLine 3 of 3\nDone.\n',
      err: '',
    });
  });

  test('fails with the given exit code and prints why', async () => {
    expect(await start('fail', '--exit-code=3').ended).toMatchObject({
      code: 3,
      out: '',
      err: 'Failed on purpose with exit code 3 (fail probability 1).\n',
    });
  });

  test('exits with 2 and one line for an invalid command line', async () => {
    expect(await start('sleep', '--seconds=soon').ended).toMatchObject({
      code: 2,
      out: '',
      err: 'Expected --seconds to be a number from 0 to 86400, got "soon".\n',
    });
  });

  test('prints its usage for --help', async () => {
    const { code, out } = await start('--help').ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: .*sleep --seconds=N.*hang/s);
  });

  test.each([
    ['SIGTERM', 143, ['sleep', '--seconds=600']],
    ['SIGINT', 130, ['sleep', '--seconds=600']],
    ['SIGTERM', 143, ['hang']],
    ['SIGTERM', 143, ['log', '--lines=1000000', '--interval-seconds=0']],
    ['SIGTERM', 143, ['log', '--lines=2', '--interval-seconds=3600', '--fail-probability=1']],
  ] as const)('ends at once on %s, with exit code %i: %j', async (signal, code, args) => {
    const { child, ended, firstLine } = start(...args);
    await firstLine;
    const killedAt = Date.now();
    child.kill(signal);
    const end = await ended;
    expect(end).toMatchObject({ code, signal: null, err: '' });
    expect(end.out.endsWith(`Got ${signal} before the work was done.\n`)).toBe(true);
    expect(Date.now() - killedAt).toBeLessThan(10_000);
  });

  test('hangs until it is killed', async () => {
    const { child, firstLine } = start('hang');
    await firstLine;
    await sleep(300);
    expect(child.exitCode).toBeNull();
  });
});
