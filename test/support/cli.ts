import type { Io } from '../../cli/io.ts';
import { runCli } from '../../cli/program.ts';
import { REST } from '../../cli/rest.ts';

export interface CliRun {
  /** Resolves to the exit code. */
  ended: Promise<number>;
  out(): string;
  err(): string;
  /** Presses Ctrl-C. Throws if that would end the process. */
  interrupt(): void;
}

/** Runs the command line in this process. */
export function startCli(args: string[], changes: Partial<Io> = {}): CliRun {
  let [out, err] = ['', ''];
  const listeners = new Set<() => void>();
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: { ASYNC_API_CONFIG: '/nowhere/config.yaml' },
    isOutTerminal: false,
    isErrTerminal: false,
    columns: 80,
    now: Date.now,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ...changes,
  };
  return {
    ended: runCli(args, io, REST),
    out: () => out,
    err: () => err,
    interrupt: () => {
      if (listeners.size === 0) throw new Error('Expected something that handles Ctrl-C');
      for (const listener of listeners) listener();
    },
  };
}

/** Runs it to its end. */
export async function cli(
  args: string[],
  changes: Partial<Io> = {},
): Promise<{ code: number; out: string; err: string }> {
  const run = startCli(args, changes);
  const code = await run.ended;
  return { code, out: run.out(), err: run.err() };
}
