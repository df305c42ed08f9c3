import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { createClient } from '../kube/client.ts';
import { newBase } from '../kube/ids.ts';
import { createLog, errorMessage } from '../kube/log.ts';
import { readSettings, settingsHelp, text } from '../kube/settings.ts';
import { createApp } from './app.ts';
import { CatalogFile } from './catalog-file.ts';
import { KubernetesRuns } from './runs.ts';
import { Slots } from './slots.ts';

const count = (fallback: number, description: string) =>
  z.coerce.number().int().min(1).max(1_000_000).default(fallback).describe(`${description}; ${fallback}`);
const Settings = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(5100).describe('port to listen on, 0 for any; 5100'),
  HOST: text('').default('127.0.0.1').describe('address to listen on; 127.0.0.1'),
  NAMESPACE: text('').default('async-api').describe('namespace of the runs; async-api'),
  CONFIG_FILE: text('').default('resources/config.yaml').describe('the groups and jobs; resources/config.yaml'),
  MAX_HELD: count(2000, 'answers held open at a time (events, followed logs, waits)'),
  MAX_HELD_PER_CALLER: count(200, 'of these, those of one caller'),
});
/** A URL may be this long, so that even an absurd id gets the contract's answer. */
const MAX_HEADER_BYTES = 256 * 1024;
/** Shorter than the 10 s after which supervisors kill. */
const DRAIN_MS = 8000;

async function main(): Promise<void> {
  const settings = readSettings(Settings, process.env);
  const log = createLog('api');
  const file = await CatalogFile.open(settings.CONFIG_FILE, log);
  const client = await createClient();
  const runs = new KubernetesRuns(client, settings.NAMESPACE, log);
  const stop = new AbortController();
  const stopping = new AbortController();
  const background = [file.follow(stop.signal), runs.follow(stop.signal)];
  const app = createApp({
    catalog: () => file.catalog,
    runs,
    newBase: () => newBase(),
    checks: () => [
      { name: 'runs-synced', ok: runs.hasSynced },
      // Not a reason to take the replica out: it goes on with the last good file.
      { name: 'config-file', ok: true, ...(file.problem ? { note: file.problem } : {}) },
    ],
    slots: new Slots({ total: settings.MAX_HELD, perCaller: settings.MAX_HELD_PER_CALLER }),
    stopping: stopping.signal,
    log,
  });
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, app);
  const end = async () => {
    stop.abort();
    await Promise.all(background);
    await client.close();
  };
  server.listen(settings.PORT, settings.HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    await end();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${settings.PORT} is taken. Choose another: PORT=${settings.PORT + 1} npm start`);
  }
  log('listening', { host: settings.HOST, port: (server.address() as AddressInfo).port });

  const shutDown = async (signal: NodeJS.Signals) => {
    log('stopping', { signal });
    stopping.abort();
    const force = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    // Takes no new connections, closes idle ones, and waits for the calls in hand.
    await new Promise((resolve) => server.close(resolve));
    clearTimeout(force);
    await end();
    log('stopped');
  };
  process.once('SIGTERM', shutDown);
  process.once('SIGINT', shutDown);
}

if (process.argv.includes('--help')) {
  process.stdout.write(`The REST service of Async API. Settings (environment):\n${settingsHelp(Settings)}\n`);
} else {
  main().catch((error) => {
    process.stderr.write(`${errorMessage(error)}\n`);
    process.exitCode = 1;
  });
}
