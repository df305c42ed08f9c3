import { runIdOf } from '../../client/calls.ts';
import type { ApiError } from '../../client/http.ts';
import type { ServerEvent } from '../../client/sse.ts';
import type { RunSummary, State } from '../../client/views.ts';
import { type Call, type Command, expectRunId, isJobId, jobOf } from '../call.ts';
import { CANCELLED, JOBS, RUNS } from '../kinds.ts';
import { print, printLine } from '../output.ts';
import { parseDuration } from '../time.ts';

interface RunsFlags {
  group?: string;
  state?: State;
  since?: string;
  limit: number;
  watch?: boolean;
}

/** Lists runs, newest first. */
export const runs: Command<RunsFlags> = async (call, _args, flags) => {
  const { io, format } = call;
  const since = flags.since === undefined ? 0 : io.now() - parseDuration(flags.since);
  const found = await listRuns(call, flags, since);
  if (!flags.watch) {
    print(io, format, RUNS, found, found);
    return;
  }
  if (format === 'json') for (const one of found) printLine(io, format, RUNS, one);
  else print(io, format, RUNS, found, found);
  await watchRuns(call, flags);
};

async function listRuns({ service }: Call, { group, state, limit }: RunsFlags, since: number): Promise<RunSummary[]> {
  const found: RunSummary[] = [];
  let next: string | undefined;
  do {
    const page = await service.runs({ group, state, limit: Math.min(limit - found.length, 500), continue: next });
    const recent = page.runs.filter(({ createdAt }) => Date.parse(createdAt) >= since);
    found.push(...recent);
    next = recent.length < page.runs.length ? undefined : page.continue;
  } while (next !== undefined && found.length < limit);
  return found;
}

/** Prints each change of runs until Ctrl-C. */
async function watchRuns({ io, format, service }: Call, { group, state }: RunsFlags): Promise<void> {
  const stop = new AbortController();
  const off = io.onInterrupt(() => stop.abort());
  let refusal: ApiError | undefined;
  const onEvents = (events: ServerEvent[]) => {
    for (const { event, data } of events)
      if (event === 'run') printLine(io, format, RUNS, JSON.parse(data) as RunSummary);
  };
  const follower = {
    onEvents,
    onLink: (link: string, error?: ApiError) => {
      if (link === 'refused') refusal = error;
      if (link === 'lost') io.err('No connection. Trying again …\n');
    },
  };
  await service.followRuns({ group, state }, follower, stop.signal).finally(off);
  if (refusal) throw refusal;
}

/** Shows a run with its jobs. */
export const run: Command = async ({ io, format, service }, [id]) => {
  const one = await service.run(expectRunId(id!));
  if (format === 'table' || format === 'wide') {
    print(io, format, RUNS, [one], one);
    io.out('\n');
  }
  print(io, format, JOBS, one.jobs, one);
};

/** Shows the state of a run or a job. */
export const status: Command = async ({ io, format, service }, [id]) => {
  if (isJobId(id!)) {
    const job = jobOf(await service.run(runIdOf(id!)), id!);
    print(io, format, JOBS, [job], job);
  } else {
    const { jobs: _, ...summary } = await service.run(id!);
    print(io, format, RUNS, [summary], summary);
  }
};

/** Asks for the end of a run or a job. */
export const cancel: Command = async ({ io, format, service, program }, [id]) => {
  const cancelled = isJobId(id!) ? await service.cancelJob(id!) : await service.cancelRun(id!);
  print(io, format, CANCELLED, [cancelled], cancelled);
  const isOver = ['SUCCESS', 'FAILURE', 'REVOKED'].includes(cancelled.state);
  io.err(isOver ? 'It is over already.\n' : `It is being stopped. To see when: ${program} wait ${runIdOf(id!)}\n`);
};
