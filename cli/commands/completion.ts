import type { Command as Commander, Option } from 'commander';
import { usageError } from '../exit.ts';
import type { Connected, Service } from '../service.ts';

/** What a shell needs to ask `__complete` for the words that fit, given all words so far, the last of them unfinished. */
const SCRIPTS: Record<string, string> = {
  bash: `_async_api() {
  local IFS=$'\\n'
  COMPREPLY=($(async-api __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _async_api async-api
`,
  zsh: `#compdef async-api
_async_api() {
  local -a found
  found=(\${(f)"$(async-api __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( $#found )); then compadd -a found; else _files; fi
}
compdef _async_api async-api
`,
  fish: `complete -c async-api -a '(async-api __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
  kubectl: `#!/bin/sh
# kubectl runs this file by its name, kubectl_complete-async_api, from a folder of the PATH.
kubectl async-api __complete -- "$@" 2>/dev/null
echo :4
`,
};
export const SHELLS = Object.keys(SCRIPTS);

export function completionScript(shell: string): string {
  const script = SCRIPTS[shell];
  if (!script) throw usageError(`Expected one of ${SHELLS.join(', ')}, got ${shell}.`);
  return script;
}

/** Commands whose argument is the id of a run. */
const OF_RUNS = ['status', 'run', 'wait', 'logs', 'events', 'cancel', 'rerun'];
const RECENT = 30;

/** A shell that hangs is worse than one that knows fewer words. */
const PATIENCE_MS = 2_000;

/**
 * The words that may stand in the place of the last one, one a line. Asks the service for the names of groups and the ids of recent
 * runs; without an answer there are none.
 */
export async function completeLines(
  program: Commander,
  words: readonly string[],
  connect: () => Connected | Promise<Connected>,
): Promise<string> {
  let connected: Connected | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const service = async () => {
    connected = await connect();
    return connected.service;
  };
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, []);
  });
  const found = await Promise.race([complete(program, words, service), late]).catch(() => []);
  clearTimeout(timer);
  await connected?.close();
  return found.map((word) => `${word}\n`).join('');
}

async function complete(
  program: Commander,
  words: readonly string[],
  service: () => Promise<Service>,
): Promise<string[]> {
  const partial = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = program.commands.find((one) => before.includes(one.name()));
  const options = [...(command?.options ?? []), ...program.options];
  const found = await fitting(program, command?.name(), options, before.at(-1), partial, service);
  return found.filter((word) => word.startsWith(partial));
}

async function fitting(
  program: Commander,
  command: string | undefined,
  options: readonly Option[],
  last: string | undefined,
  partial: string,
  service: () => Promise<Service>,
): Promise<string[]> {
  const option = options.find(({ long, short }) => last !== undefined && (last === long || last === short));
  const groups = async () => (await (await service()).groups()).map(({ name }) => name);
  if (option?.argChoices) return [...option.argChoices];
  if (option?.long === '--group') return groups();
  if (option?.required) return [];
  if (partial.startsWith('-')) return options.flatMap(({ long }) => long ?? []);
  if (command === undefined) return program.commands.map((one) => one.name()).filter((name) => !name.startsWith('_'));
  if (command === 'completion') return SHELLS;
  if (command === 'trigger') return groups();
  if (OF_RUNS.includes(command)) return (await (await service()).runs({ limit: RECENT })).runs.map(({ id }) => id);
  return [];
}
