import { type ConnectOptions, connect } from './connect.ts';
import type { Flavour } from './program.ts';

/** The commands over REST. */
export const REST: Flavour<ConnectOptions> = {
  name: 'async-api',
  description: 'Start groups of jobs on Kubernetes, and follow them to their end.',
  addFlags: (program) =>
    program
      .option('--server <url>', 'address of the service (ASYNC_API_SERVER; http://localhost:5100)')
      .option('--token <text>', 'bearer token (ASYNC_API_TOKEN)')
      .option('--context <name>', 'entry of the context file (ASYNC_API_CONTEXT)'),
  connect,
};
