import { readFile } from 'node:fs/promises';

/** A process whose work counts. */
export interface Measured {
  name: string;
  pid: number;
}

/** Ticks of /proc a second: USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds in the text of /proc/PID/stat: utime and stime, the 14th and 15th field. */
export function parseCpuSeconds(stat: string): number {
  // The name in parentheses may contain spaces and parentheses; the state after it is the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** CPU seconds of a process since its start, of all its threads. */
export const cpuSeconds = async (pid: number): Promise<number> =>
  parseCpuSeconds(await readFile(`/proc/${pid}/stat`, 'utf8'));

/** Runs `work` and returns the CPU seconds that each process used meanwhile, and the seconds that passed. */
export async function cpuDuring(
  processes: readonly Measured[],
  work: () => Promise<unknown>,
): Promise<{ cpu: Record<string, number>; total: number; seconds: number }> {
  const read = () => Promise.all(processes.map(({ pid }) => cpuSeconds(pid)));
  const before = await read();
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1000;
  const after = await read();
  const used = processes.map((_, index) => after[index]! - before[index]!);
  return {
    cpu: Object.fromEntries(processes.map(({ name }, index) => [name, used[index]!])),
    total: used.reduce((sum, one) => sum + one, 0),
    seconds,
  };
}
