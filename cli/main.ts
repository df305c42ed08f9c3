#!/usr/bin/env node
import { basename } from 'node:path';
import { processIo } from './io.ts';
import { runCli } from './program.ts';
import { REST } from './rest.ts';

/** kubectl runs its plugins by such names. */
const isPlugin = basename(process.argv[1] ?? '').startsWith('kubectl-');
const argv = process.argv.slice(2);

process.exitCode = isPlugin
  ? // Only here: the client of Kubernetes takes half a second to load.
    await runCli(argv, processIo(), (await import('./kubernetes/kubectl.ts')).KUBECTL)
  : await runCli(argv, processIo(), REST);
