/**
 * Simulated work, run as process 1 of a container. A single file without dependencies, so that the image needs only node.
 * Kubernetes shows the last lines printed as the message of a failed job (terminationMessagePolicy FallbackToLogsOnError).
 */
import { writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export const USAGE = `Usage: main.ts <command> [options]

  sleep --seconds=N                        sleep, then succeed
  log --lines=N [--interval-seconds=1]     print numbered lines, then succeed
  fail [--exit-code=1]                     fail at once
  hang                                     run until a signal comes

sleep and log also take
  --hang-probability=0..1                  how often to run forever instead, 0 where not given
  --fail-probability=0..1                  how often to fail once the work is done, 0 where not given
  --exit-code=1..255                       what to exit with on failure, 1 where not given
  --result=TEXT                            written to /dev/termination-log on success; not where it is empty

Bad input exits with 2, SIGTERM with 143, SIGINT with 130.`;

/** What to do. The commands `fail` and `hang` are empty work with failProbability or hangProbability 1. */
export interface Work {
  /** Number of lines to print; 0 for `sleep`. */
  lines: number;
  /** Pause between two lines. */
  intervalSeconds: number;
  /** Time to sleep before the lines; 0 for `log`. */
  seconds: number;
  hangProbability: number;
  failProbability: number;
  exitCode: number;
  /** Termination message on success; empty for none. */
  result: string;
}

/** Invalid command line. Its message is shown to the user, without a stack. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const IDLE: Work = {
  lines: 0,
  intervalSeconds: 1,
  seconds: 0,
  hangProbability: 0,
  failProbability: 0,
  exitCode: 1,
  result: '',
};

interface Bounds {
  field: Exclude<keyof Work, 'result'>;
  min: number;
  max: number;
  integer?: boolean;
  required?: boolean;
}

/** The bounds are those of contract/group-run.ts, which this file must not import. */
const exitCode: Bounds = { field: 'exitCode', min: 1, max: 255, integer: true };
const faults: Record<string, Bounds> = {
  'hang-probability': { field: 'hangProbability', min: 0, max: 1 },
  'fail-probability': { field: 'failProbability', min: 0, max: 1 },
  'exit-code': exitCode,
};
const COMMANDS: Record<string, { start: Work; numbers: Record<string, Bounds>; takesResult?: true }> = {
  sleep: {
    start: IDLE,
    numbers: { seconds: { field: 'seconds', min: 0, max: 86_400, required: true }, ...faults },
    takesResult: true,
  },
  log: {
    start: IDLE,
    numbers: {
      lines: { field: 'lines', min: 0, max: 1_000_000, integer: true, required: true },
      'interval-seconds': { field: 'intervalSeconds', min: 0, max: 3600 },
      ...faults,
    },
    takesResult: true,
  },
  fail: { start: { ...IDLE, failProbability: 1 }, numbers: { 'exit-code': exitCode } },
  hang: { start: { ...IDLE, hangProbability: 1 }, numbers: {} },
};
const RESULT = 'result';

/** Parses the command line. Throws UsageError. */
export function parseWork(args: string[]): Work {
  const [name = 'nothing', ...rest] = args;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`Expected one of ${Object.keys(COMMANDS).join(', ')} first, got ${name}.`);
  const names = [...Object.keys(command.numbers), ...(command.takesResult ? [RESULT] : [])];
  const values = parseOptions(name, rest, names);
  const work = { ...command.start, result: values[RESULT] ?? '' };
  for (const [option, bounds] of Object.entries(command.numbers)) {
    const value = values[option];
    if (value !== undefined) work[bounds.field] = parseNumber(option, value, bounds);
    else if (bounds.required) throw new UsageError(`Expected ${expectation(option, bounds)} after ${name}, got none.`);
  }
  return work;
}

function parseOptions(command: string, args: string[], names: string[]): Record<string, string | undefined> {
  const options: ParseArgsOptionsConfig = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values as Record<string, string>;
  } catch (error) {
    const expected =
      names.length > 0 ? names.map((name) => `--${name}=${name === RESULT ? 'TEXT' : 'N'}`).join(', ') : 'no option';
    // Only the first sentence: the rest of Node's message explains how to escape dashes.
    const [got] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(`Expected ${expected} after ${command}, got: ${got}.`);
  }
}

const DECIMAL = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

function parseNumber(option: string, text: string, bounds: Bounds): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  const fits = value >= bounds.min && value <= bounds.max && (!bounds.integer || Number.isInteger(value));
  if (!fits) throw new UsageError(`Expected ${expectation(option, bounds)}, got "${text}".`);
  return value;
}

const expectation = (option: string, { min, max, integer }: Bounds): string =>
  `--${option} to be ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`;

export interface Deps {
  /** Uniform in [0, 1). */
  random: () => number;
  print: (line: string) => void;
  printError: (line: string) => void;
  /** Aborts the work: runWork then rejects with an AbortError. */
  signal: AbortSignal;
  /** Path of the file from which the kubelet takes the termination message. */
  terminationLog: string;
}

const REMINDER_MS = 30_000;

/** Does the work and returns the exit code. */
export async function runWork(
  work: Work,
  { random, print, printError, signal, terminationLog }: Deps,
): Promise<number> {
  if (random() < work.hangProbability) {
    print(`Hanging on purpose (hang probability ${work.hangProbability}); only a signal ends this.`);
    for (let reminders = 1; ; reminders++) {
      await sleep(REMINDER_MS, undefined, { signal });
      print(`Still hanging after ${(reminders * REMINDER_MS) / 1000} s.`);
    }
  }
  if (work.seconds > 0) {
    print(`Sleeping for ${work.seconds} s.`);
    await sleep(work.seconds * 1000, undefined, { signal });
  }
  for (let line = 1; line <= work.lines; line++) {
    if (line > 1) await pause(work.intervalSeconds, signal);
    print(`Line ${line} of ${work.lines}`);
  }
  if (random() < work.failProbability) {
    printError(`Failed on purpose with exit code ${work.exitCode} (fail probability ${work.failProbability}).`);
    return work.exitCode;
  }
  if (work.result) {
    try {
      await writeFile(terminationLog, work.result);
    } catch (error) {
      // Outside of Kubernetes there is no such file. A job that cannot tell its result has not succeeded.
      printError(`Cannot write the result: ${(error as Error).message}`);
      return 1;
    }
  }
  print('Done.');
  return 0;
}

/** Even a pause of 0 s yields to the event loop, so that signals are handled. */
const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
  seconds > 0 ? sleep(seconds * 1000, undefined, { signal }) : nextTurn(undefined, { signal });

async function main(args: string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return;
  }
  // Set in the image: root in a container is one kernel or runtime bug away from root on the node.
  if (process.env.ALLOW_ROOT === 'false' && process.getuid?.() === 0) {
    console.error("Expected a user other than root: leave the image's own (65532), or set ALLOW_ROOT=true.");
    process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  // The kernel installs no default signal handlers for process 1: without these only SIGKILL would end it.
  for (const [name, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) return;
      console.log(`Got ${name} before the work was done.`);
      process.exitCode = code;
      stop.abort();
    });
  }
  try {
    process.exitCode = await runWork(parseWork(args), {
      random: Math.random,
      print: console.log,
      printError: console.error,
      signal: stop.signal,
      terminationLog: '/dev/termination-log',
    });
  } catch (error) {
    if (stop.signal.aborted) return;
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

if (import.meta.main) await main(process.argv.slice(2));
