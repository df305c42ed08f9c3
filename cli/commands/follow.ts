import { runIdOf } from '../../client/calls.ts';
import type { ServerEvent } from '../../client/sse.ts';
import type { JobView, RunSummary } from '../../client/views.ts';
import { waitForRun } from '../../client/wait.ts';
import { type Call, type Command, expectRunId, isJobId, jobOf } from '../call.ts';
import { usageError } from '../exit.ts';
import { LogLines } from '../log-lines.ts';
import { type Kind, printLine } from '../output.ts';
import { type WaitFlags, waitAndPrint, waitForEnd } from '../wait-for-run.ts';

/** Waits for the end of a run. */
export const wait: Command<WaitFlags> = (call, [id], flags) => waitAndPrint(call, expectRunId(id!), flags);

interface LogsFlags {
  follow?: boolean;
  tail?: number;
}

/** Prints the log of a job, or of all jobs of a run, each line with the name of its job before it. */
export const logs: Command<LogsFlags> = async (call, [id], { follow, tail }) => {
  const { io, service } = call;
  const onCut = (cut: string) => io.err(`The beginning may be missing (${cut}).\n`);
  if (isJobId(id!)) {
    jobOf(await service.run(runIdOf(id!)), id!);
    for await (const piece of service.log(id!, { follow, tail, onCut }, new AbortController().signal)) io.out(piece);
  } else if (follow) {
    if (tail !== undefined) throw usageError('Expected --tail with the log of one job, or without --follow.');
    await waitForEnd({ ...call, format: 'table' }, id!, {
      logs: true,
      onLogError: (error) => {
        throw error;
      },
    });
  } else await allLogs(call, id!, tail);
};

async function allLogs({ io, service }: Call, id: string, tail: number | undefined): Promise<void> {
  const { jobs } = await service.run(id);
  const lines = new LogLines({ io, service }, io.out, new AbortController().signal);
  for (const job of jobs.filter(({ startedAt }) => startedAt !== undefined)) {
    // One after the other, so that lines of jobs do not mix.
    await lines.add(job, { tail });
    await lines.end();
  }
}

type Change = { event: string } & Partial<JobView & RunSummary>;

const CHANGES: Kind<Change> = {
  name: ({ id }) => id ?? '',
  columns: [
    { title: 'STATE', value: ({ state }) => state?.padEnd(7) },
    { title: 'WHAT', value: ({ event, name, group }) => (event === 'job' ? `job ${name}` : `run of ${group}`) },
    { title: 'REASON', value: ({ reason }) => reason },
    { title: 'MESSAGE', wide: true, value: ({ message }) => message },
  ],
};

/** Prints each change of a run until it is over. */
export const events: Command = async ({ io, format, service }, [id]) => {
  const onEvents = (some: ServerEvent[]) => {
    for (const { event, data } of some) printLine(io, format, CHANGES, { event, ...(JSON.parse(data) as RunSummary) });
  };
  const onContact = (isConnected: boolean) => isConnected || io.err('No connection. Trying again …\n');
  await waitForRun(service, expectRunId(id!), { onEvents, onContact });
};
