import type { Command } from '../call.ts';
import { GROUPS, RIGHTS } from '../kinds.ts';
import { print } from '../output.ts';

/** Lists the groups that the caller may see. */
export const groups: Command = async ({ io, format, service }) => {
  const found = await service.groups();
  print(io, format, GROUPS, found, found);
};

/** Says who the caller is, and what it may do with each group. */
export const whoami: Command = async ({ io, format, service }) => {
  const me = await service.me();
  if (format === 'table' || format === 'wide') io.out(`${me.name}\n\n`);
  print(io, format, RIGHTS, me.groups, me);
};
