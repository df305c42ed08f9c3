/** The surroundings of the command. */
export interface Io {
  /** Writes data. */
  out(text: string): void;
  /** Writes progress and errors. */
  err(text: string): void;
  env: Record<string, string | undefined>;
  /** Whether a person reads stdout, and stderr, on a terminal that knows escape sequences. */
  isOutTerminal: boolean;
  isErrTerminal: boolean;
  /** Width of the terminal. */
  columns: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back at the next Ctrl-C in place of ending the process. Returns how to stop that. */
  onInterrupt(listener: () => void): () => void;
}

export function processIo(): Io {
  const isSmart = process.env.TERM !== 'dumb';
  // The reader has gone, as with `| head`.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    isOutTerminal: isSmart && process.stdout.isTTY === true,
    isErrTerminal: isSmart && process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    now: Date.now,
    onInterrupt: (listener) => {
      process.once('SIGINT', listener);
      return () => void process.off('SIGINT', listener);
    },
  };
}
