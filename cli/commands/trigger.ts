import { newKey } from '../../client/calls.ts';
import type { Call, Command } from '../call.ts';
import { expectRunId } from '../call.ts';
import { STARTED } from '../kinds.ts';
import { print } from '../output.ts';
import { type WaitFlags, waitAndPrint } from '../wait-for-run.ts';

interface StartFlags extends WaitFlags {
  wait?: boolean;
  key?: string;
}

interface TriggerFlags extends StartFlags {
  parameter: Record<string, string>;
  dryRun?: boolean;
}

/** Starts the jobs of a group. */
export const trigger: Command<TriggerFlags> = async (call, [group], flags) => {
  const { service, io, format } = call;
  if (flags.dryRun) {
    const plan = await service.dryRun(group!, flags.parameter);
    const columns = [{ title: 'JOB', value: (job: string) => job }];
    print(io, format, { name: (job) => job, columns }, plan.jobs, plan);
    io.err(`${plan.group} would start ${plan.jobs.length} jobs. Nothing was started.\n`);
    return;
  }
  const id = await service.trigger(group!, flags.parameter, flags.key ?? newKey());
  return started(call, { id, group: group! }, flags);
};

/** Starts the jobs of an earlier run anew, or those that did not succeed. */
export const rerun: Command<StartFlags & { failed?: boolean }> = async (call, [id], flags) => {
  const { group } = await call.service.run(expectRunId(id!));
  const newId = await call.service.rerun(id!, flags.failed ? 'failed' : 'all', flags.key ?? newKey());
  return started(call, { id: newId, group }, flags);
};

async function started(call: Call, run: { id: string; group: string }, flags: StartFlags): Promise<number | undefined> {
  const { io, format, program } = call;
  if (flags.wait || flags.logs) {
    io.err(`Run ${run.id} of ${run.group} has started.\n`);
    return waitAndPrint(call, run.id, flags);
  }
  print(io, format, STARTED, [run], run);
  io.err(`To wait for it: ${program} wait ${run.id}\n`);
}
