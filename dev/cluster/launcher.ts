import { readFile } from 'node:fs/promises';

/** The process that started a cluster. Its start time distinguishes it from a later process with the same id. */
export interface Launcher {
  pid: number;
  /** Clock ticks since boot (proc(5), starttime). */
  began: string;
}

export const thisLauncher = async (): Promise<Launcher> => ({ pid: process.pid, began: await begin(process.pid) });

/** Whether the launcher still runs and is not this process. */
export const runsElsewhere = async ({ pid, began }: Launcher): Promise<boolean> =>
  pid !== process.pid && (await begin(pid).catch(() => undefined)) === began;

/** The start time of a process. Rejects if it does not exist or is a zombie. */
async function begin(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may contain spaces and parentheses. The state is the third field, starttime the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') throw new Error(`Process ${pid} has ended`);
  return fields[19]!;
}
