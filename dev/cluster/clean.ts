import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupProcesses, removeCgroup } from './cgroup.ts';
import { file, type Layout } from './layout.ts';
import { poll } from './poll.ts';
import { run } from './run.ts';

/** What a running cluster leaves on disk so that any later command can end it, however its launcher ended. */
export const layoutFile = (folder: string): string => join(folder, 'layout.json');

/** Clusters of the same checkout whose folders lie in another's. */
export const NESTED = ['test', 'chaos', 'node-lost', 'in-cluster'];
const inNested = (folder: string, text: string): boolean => NESTED.some((name) => text.includes(`${folder}/${name}/`));

/** Of the cluster that was started last in `folder` and has not been cleaned up. */
export async function leftLayout(folder: string): Promise<Layout | undefined> {
  if (!existsSync(layoutFile(folder))) return undefined;
  return JSON.parse(await readFile(layoutFile(folder), 'utf8'));
}

/**
 * Ends whatever is left of the cluster in `folder`: processes, mounts, bridge, network, cgroups, files. Works after a `kill -9` of
 * the launcher too, since everything is found by the cluster's own names. Keeps the logs. With an id only that cluster is meant.
 */
export async function cleanUp(folder: string, id?: string): Promise<void> {
  const layout = await leftLayout(folder);
  if (!layout || (id !== undefined && layout.id !== id)) return;
  // What starts others goes first: the launcher's components, then shims, then what runs in pods.
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
  // Only now: with its network a cable ends by itself, at a moment of its own.
  for (const mount of await mountsBelow(folder)) await run('umount', ['-l', mount]).catch(() => {});
  await removeCgroup(layout.cgroup);
  for (const entry of await readdir(folder)) {
    if (entry !== 'logs' && entry !== 'layout.json' && !NESTED.includes(entry)) {
      await rm(join(folder, entry), { recursive: true, force: true });
    }
  }
  // Last: until then a clean-up that was interrupted can be run again.
  await rm(layoutFile(folder), { force: true });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** A cluster's components and shims, with one of its files among their arguments; the api and controller that talk to it. */
async function processesOf(folder: string): Promise<number[]> {
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
const COMPONENT = /\/(etcd|kube-[a-z-]+|kubelet|containerd|containerd-shim-runc-v2|runc|traefik)( \(deleted\))?$/;

async function mountsBelow(folder: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const points = table.split('\n').map((line) => line.split(' ')[4] ?? '');
  // Deepest first: a mount can lie in another.
  return points.filter((point) => point.startsWith(`${folder}/`) && !inNested(folder, point)).reverse();
}

/** A killed shim leaves its socket, which containerd puts into a folder that all containerds of a machine share. */
async function removeShimSockets(layout: Layout): Promise<void> {
  const tasks = file(layout, 'containerd-state', 'io.containerd.runtime.v2.task', 'k8s.io');
  for (const task of await readdir(tasks).catch(() => [])) {
    const bootstrap = await readFile(join(tasks, task, 'bootstrap.json'), 'utf8').catch(() => '{}');
    const address: string = JSON.parse(bootstrap).address ?? '';
    if (address.startsWith('unix://')) await rm(address.slice('unix://'.length), { force: true });
  }
}
