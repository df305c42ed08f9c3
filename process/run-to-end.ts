import { errorMessage, type Log } from './log.ts';
import type { Part } from './run-together.ts';

const CANNOT_GO_ON = 'cannot go on';

/**
 * Runs a process. The signal of `work` aborts at SIGTERM or SIGINT, with that as its reason; `work` closes what it has opened
 * before it ends. If it fails, or ends although no signal came, the process ends with code 1 and one line in the log.
 */
export async function runToEnd(log: Log, work: Part): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(name));
  // Rejections that nobody handles come here too. Nothing is closed, since nobody knows in what state it is.
  process.on('uncaughtException', (error, origin) => {
    log(CANNOT_GO_ON, { error: errorMessage(error), origin, stack: error?.stack }, 'error');
    process.exit(1);
  });
  try {
    await work(stop.signal);
    if (!stop.signal.aborted) throw new Error('Expected to work until a signal comes, but all work has ended');
    log('stopped');
  } catch (error) {
    log(CANNOT_GO_ON, { error: errorMessage(error) }, 'error');
    process.exitCode = 1;
  }
}
