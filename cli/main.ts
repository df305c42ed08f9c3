#!/usr/bin/env node
import { processIo } from './io.ts';
import { runCli } from './program.ts';
import { REST } from './rest.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo(), REST);
