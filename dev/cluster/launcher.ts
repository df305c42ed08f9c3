import { readFile } from 'node:fs/promises';

/** The process that started a cluster, told from a later one of the same number by when it began. */
export interface Launcher {
  pid: number;
  /** Clock ticks from the machine's start (proc(5), starttime). */
  began: string;
}

export const thisLauncher = async (): Promise<Launcher> => ({ pid: process.pid, began: await begin(process.pid) });

/** Whether a cluster's launcher, another process than this one, still runs. */
export const runsElsewhere = async ({ pid, began }: Launcher): Promise<boolean> =>
  pid !== process.pid && (await begin(pid).catch(() => undefined)) === began;

/** Rejects where there is no such process, or only what its parent has not asked after yet. */
async function begin(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; the state is the third field, starttime the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') throw new Error(`Process ${pid} has ended`);
  return fields[19]!;
}
