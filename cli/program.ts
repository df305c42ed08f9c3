import { Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander';
import { addParameter, type Command } from './call.ts';
import { check } from './commands/check.ts';
import { completeLines, completionScript, SHELLS } from './commands/completion.ts';
import { events, logs, wait } from './commands/follow.ts';
import { groups, whoami } from './commands/groups.ts';
import { cancel, run, runs, status } from './commands/runs.ts';
import { rerun, trigger } from './commands/trigger.ts';
import { EXIT, toCliError } from './exit.ts';
import type { Io } from './io.ts';
import { FORMATS, type Format } from './output.ts';
import type { Connected } from './service.ts';

/** How the program is called, and how it reaches the service. */
export interface Flavour<Options> {
  /** `async-api` or `kubectl async-api`. */
  name: string;
  description: string;
  /** Adds the flags that say which service. */
  addFlags(program: Commander): void;
  connect(options: Options, io: Io): Connected | Promise<Connected>;
}

const EXIT_CODES = `
Exit codes:
  0  done; of a run that was waited for: SUCCESS
  1  the run failed; check: the file has problems
  2  wrong usage
  3  the run was revoked, or was not over within --timeout
  4  the service was not reached, or refused`;

const STATES = ['PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED'];

/** Runs the command line and returns its exit code. */
export async function runCli<Options>(argv: readonly string[], io: Io, flavour: Flavour<Options>): Promise<number> {
  let exitCode: number = EXIT.ok;
  let server = 'The service';
  /** What commander calls for a command that needs the service. */
  const act =
    <Flags>(command: Command<Flags>) =>
    async (...given: unknown[]) => {
      const self = given.at(-1) as Commander;
      const options = self.optsWithGlobals() as Options & { output: Format };
      const connected = await flavour.connect(options, io);
      server = connected.server;
      const call = { io, format: options.output, service: connected.service, program: flavour.name };
      try {
        exitCode = (await command(call, self.args, options as Flags)) ?? EXIT.ok;
      } finally {
        await connected.close();
      }
    };
  const quiet: Io = { ...io, err: () => {} };
  const program = build(flavour, io, act, (code) => {
    exitCode = code;
  });
  program
    .command('__complete [words...]', { hidden: true })
    .action(async (words: string[]) =>
      io.out(await completeLines(program, words, () => flavour.connect({} as Options, quiet))),
    );
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { message, exitCode: code } = toCliError(error, server, flavour.name);
    io.err(`${message}\n`);
    return code;
  }
}

function build(
  flavour: Pick<Flavour<never>, 'name' | 'description' | 'addFlags'>,
  io: Io,
  act: <Flags>(command: Command<Flags>) => (...given: unknown[]) => Promise<void>,
  setExitCode: (code: number) => void,
): Commander {
  const program = new Commander(flavour.name)
    .description(flavour.description)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError(`(see ${flavour.name} --help)`)
    .addHelpText('after', EXIT_CODES);
  flavour.addFlags(program);
  program.addOption(new Option('-o, --output <format>', 'of data on stdout').choices(FORMATS).default('table'));

  program.command('groups').description('list the groups that you may see').action(act(groups));
  waitOptions(
    program
      .command('trigger <group>')
      .description('start all jobs of a group')
      .option('-p, --parameter <name=value>', 'a parameter; can be repeated', addParameter, {})
      .option('--dry-run', 'check everything and start nothing'),
  ).action(act(trigger));
  program.command('status <id>').description('show the state of a run or a job').action(act(status));
  program
    .command('runs')
    .description('list runs, newest first')
    .option('--group <name>', 'only of this group')
    .addOption(new Option('--state <state>', 'only in this state').choices(STATES))
    .option('--since <time>', 'only those that were made in the last 90s, 10m, 2h or 7d')
    .option('--limit <number>', 'at most so many', toNumber(1, 100_000), 50)
    .option('-w, --watch', 'go on with each change')
    .action(act(runs));
  program.command('run <id>').description('show a run with its jobs').action(act(run));
  program
    .command('wait <id>')
    .description('wait for the end of a run')
    .option('--timeout <time>', 'give up after 90s, 10m or 2h; the run goes on')
    .option('--logs', 'print the logs of its jobs as they come')
    .action(act(wait));
  program
    .command('logs <id>')
    .description('print the log of a job, or of all jobs of a run')
    .option('-f, --follow', 'go on until the job is over')
    .option('--tail <lines>', 'only so many of the last lines', toNumber(0, 100_000))
    .action(act(logs));
  program.command('events <id>').description('print each change of a run until it is over').action(act(events));
  program.command('cancel <id>').description('ask for the end of a run or a job').action(act(cancel));
  waitOptions(
    program
      .command('rerun <id>')
      .description('start the jobs of a run anew')
      .option('--failed', 'only those that did not succeed'),
  ).action(act(rerun));
  program
    .command('check <file>')
    .description('check a config.yaml as the API reads it; needs no service')
    .option('--bounds <file>', 'what jobs may refer to; nothing where not given')
    .action(async (_file: string, _options: object, self: Commander) => {
      const { output, bounds } = self.optsWithGlobals() as { output: Format; bounds?: string };
      setExitCode(await check({ io, format: output }, self.args, bounds === undefined ? {} : { bounds }));
    });
  program
    .command('completion <shell>')
    .description(`print a script for ${SHELLS.join(', ')}`)
    .action((shell: string) => io.out(completionScript(shell)));
  program.command('whoami').description('say who you are, and what you may do').action(act(whoami));
  return program;
}

const waitOptions = (command: Commander): Commander =>
  command
    .option('--wait', 'wait for its end')
    .option('--logs', 'wait, and print the logs of its jobs as they come')
    .option('--timeout <time>', 'wait no longer than 90s, 10m or 2h; the run goes on')
    .option('--key <text>', 'the Idempotency-Key; the same one never starts a second run');

const toNumber = (min: number, max: number) => (text: string) => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
};
