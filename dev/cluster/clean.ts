import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupProcesses, removeCgroup } from './cgroup.ts';
import { file, type Layout } from './layout.ts';
import { poll } from './poll.ts';
import { run } from './run.ts';

/** The file with a running cluster's layout, by which a later command can end it, however its launcher ended. */
export const layoutFile = (folder: string): string => join(folder, 'layout.json');

/** Folders of other clusters of this checkout, inside the main cluster's folder. */
export const NESTED = ['test', 'chaos', 'node-lost', 'in-cluster', 'bench'];
const inNested = (folder: string, text: string): boolean => NESTED.some((name) => text.includes(`${folder}/${name}/`));

/** The layout of the cluster in `folder`; undefined after its clean-up. */
export async function leftLayout(folder: string): Promise<Layout | undefined> {
  if (!existsSync(layoutFile(folder))) return undefined;
  return JSON.parse(await readFile(layoutFile(folder), 'utf8'));
}

/**
 * Removes the cluster in `folder`: processes, mounts, bridge, network, cgroups and files, but not the logs. It finds them by the
 * cluster's own names, so it also works after a `kill -9` of the launcher. With an id it removes only the cluster of that id.
 */
export async function cleanUp(folder: string, id?: string): Promise<void> {
  const layout = await leftLayout(folder);
  if (!layout || (id !== undefined && layout.id !== id)) return;
  // Components and shims before the processes of pods, which they may start. Repeated for those started meanwhile.
  const areGone = async () => {
    const pids = new Set([...(await processesOf(folder)), ...(await cgroupProcesses(layout.cgroup))]);
    for (const pid of pids) kill(pid);
    return pids.size === 0 || undefined;
  };
  await poll(areGone, { deadlineMs: 10_000 });
  await removeShimSockets(layout);
  for (const link of [layout.bridge, layout.network?.cable]) {
    if (link && existsSync(`/sys/class/net/${link}`)) await run('ip', ['link', 'delete', link]);
  }
  // After the links: the unmount deletes the network asynchronously, and its cable with it.
  for (const mount of await mountsBelow(folder)) await run('umount', ['-l', mount]).catch(() => {});
  await removeCgroup(layout.cgroup);
  for (const entry of await readdir(folder)) {
    if (entry !== 'logs' && entry !== 'layout.json' && !NESTED.includes(entry)) {
      await rm(join(folder, entry), { recursive: true, force: true });
    }
  }
  // Last, so that an interrupted clean-up can be repeated.
  await rm(layoutFile(folder), { force: true });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** The cluster's components and shims, which have its files in their arguments, and the APIs and controllers that use it. */
export async function processesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const program = await readlink(`/proc/${entry}/exe`).catch(() => '');
    const about = SERVICE.test(command) ? await kubeconfigOf(pid) : COMPONENT.test(program) ? command : '';
    if (about.includes(`${folder}/`) && !inNested(folder, about)) found.push(pid);
  }
  return found;
}

/** The kubeconfig that a process was started with. */
async function kubeconfigOf(pid: number): Promise<string> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').find((one) => one.startsWith('KUBECONFIG=')) ?? '';
}

const SERVICE = /\/(api|controller)\/main\.ts\0/;
const COMPONENT = /\/(etcd|kube-[a-z-]+|kubelet|containerd|containerd-shim-runc-v2|runc|traefik|kwok)( \(deleted\))?$/;

async function mountsBelow(folder: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const points = table.split('\n').map((line) => line.split(' ')[4] ?? '');
  // Deepest first: mounts can be nested.
  return points.filter((point) => point.startsWith(`${folder}/`) && !inNested(folder, point)).reverse();
}

/** Removes the sockets of killed shims, which are in a folder that all containerds of the machine share. */
async function removeShimSockets(layout: Layout): Promise<void> {
  const tasks = file(layout, 'containerd-state', 'io.containerd.runtime.v2.task', 'k8s.io');
  for (const task of await readdir(tasks).catch(() => [])) {
    const bootstrap = await readFile(join(tasks, task, 'bootstrap.json'), 'utf8').catch(() => '{}');
    const address: string = JSON.parse(bootstrap).address ?? '';
    if (address.startsWith('unix://')) await rm(address.slice('unix://'.length), { force: true });
  }
}
