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

async function begin(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; starttime is the 22nd field, the 20th after it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}
