import { Registry } from 'prom-client';
import { createLog } from '../../process/log.ts';
import { serveMetrics } from '../../process/metrics.ts';
import { runToEnd } from '../../process/run-to-end.ts';
import { runTogether, whenAborted } from '../../process/run-together.ts';

/** A process as ours are: an open server and two parts, one of which ends as the argument says. */
const [how] = process.argv.slice(2);
const ENDS: Record<string, (signal: AbortSignal) => Promise<void>> = {
  fails: () => Promise.reject(new Error('broken')),
  ends: async () => {},
  'rejects unhandled': (signal) => {
    void Promise.reject(new Error('nobody waits for this'));
    return whenAborted(signal);
  },
  'throws in a timer': (signal) => {
    setTimeout(() => {
      throw new Error('nobody catches this');
    });
    return whenAborted(signal);
  },
  'is stopped': (signal) => {
    setTimeout(() => process.kill(process.pid, 'SIGTERM'));
    return whenAborted(signal);
  },
};

await runToEnd(createLog('test'), async (signal) => {
  await using opened = new AsyncDisposableStack();
  const server = await serveMetrics(new Registry(), { host: '127.0.0.1', port: 0, readinessChecks: () => [] });
  opened.defer(() => server.close());
  await runTogether([ENDS[how!]!, whenAborted], signal);
});
