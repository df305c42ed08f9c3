import { readFile } from 'node:fs/promises';

/** The resident set of a process now and at its largest, MiB (proc(5), VmRSS and VmHWM). */
export async function memoryMiB(pid: number): Promise<{ resident: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) / 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

/** A Kubernetes quantity of memory in MiB. Throws for other units than Mi and Gi. */
export function mebibytes(quantity: string): number {
  const [, value, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  if (value === undefined) throw new Error(`Expected Mi or Gi, got ${quantity}`);
  return Number(value) * (unit === 'Gi' ? 1024 : 1);
}
