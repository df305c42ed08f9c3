import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** Every cgroup hierarchy: one in v2, one per controller in v1, without the symbolic links. */
async function hierarchies(): Promise<string[]> {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [ROOT];
  const entries = await readdir(ROOT, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(ROOT, entry.name));
}

/**
 * The pods' weight, as a number of processes. With the weight of one process, pods start too late on a busy machine; with a
 * much larger one they starve the API server.
 */
const PROCESSES = 6;

/** Creates the parent cgroup of all pods, which the kubelet expects to exist. */
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
      // A new v1 cpuset is empty: no process can run in it.
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

/** Removes the cgroup and those below it, which must have no processes. */
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
