import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** Every hierarchy: one in cgroup v2, one a controller in v1 (where links such as cpu,cpuacct are left out). */
async function hierarchies(): Promise<string[]> {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [ROOT];
  const entries = await readdir(ROOT, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(ROOT, entry.name));
}

/**
 * All pods together would get what one process of the machine gets; on a busy machine, too little to start in time. Not much more
 * than the control plane's processes get, or pods that start would starve the API server.
 */
const PROCESSES = 6;

/** Makes the cgroup below which the kubelet puts all pods; the kubelet expects it to be there. */
export async function createCgroup(name: string): Promise<void> {
  for (const root of await hierarchies()) {
    const folder = join(root, name);
    await mkdir(folder, { recursive: true });
    if (root === ROOT) {
      const controllers = (await readFile(join(root, 'cgroup.controllers'), 'utf8')).trim().split(' ');
      const enable = controllers.map((controller) => `+${controller}`).join(' ');
      await writeFile(join(root, 'cgroup.subtree_control'), enable);
      await writeFile(join(folder, 'cgroup.subtree_control'), enable);
      await writeFile(join(folder, 'cpu.weight'), String(100 * PROCESSES));
    } else if (/\/cpu(,|$)/.test(root)) {
      await writeFile(join(folder, 'cpu.shares'), String(1024 * PROCESSES));
    } else if (root.endsWith('/cpuset')) {
      // A new v1 cpuset is empty, and nothing may run in an empty one.
      for (const key of ['cpuset.cpus', 'cpuset.mems']) {
        await writeFile(join(folder, key), await readFile(join(root, key), 'utf8'));
      }
    }
  }
}

/** The ids of all processes in the cgroup and below it. */
export async function cgroupProcesses(name: string): Promise<Set<number>> {
  const pids = new Set<number>();
  for (const root of await hierarchies()) {
    for (const folder of await descendants(join(root, name))) {
      const processes = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const line of processes.split('\n')) if (line) pids.add(Number(line));
    }
  }
  return pids;
}

/** Removes the cgroup and those below it; they must have no processes any more. */
export async function removeCgroup(name: string): Promise<void> {
  for (const root of await hierarchies()) {
    for (const folder of (await descendants(join(root, name))).reverse()) await rmdir(folder).catch(() => {});
  }
}

/** A folder and all below it, parents first. */
async function descendants(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => descendants(join(folder, entry.name)));
  return existsSync(folder) ? [folder, ...(await Promise.all(below)).flat()] : [];
}
