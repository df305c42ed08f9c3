import { readFile } from 'node:fs/promises';

/** Resident set of a process in MiB (proc(5), VmRSS); 0 where it has ended. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
