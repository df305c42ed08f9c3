import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { UserError } from './errors.ts';

/** Everything of one embedded cluster that must differ from another's on the same machine, and where its files lie. */
export interface Layout {
  /** Its folder: kubeconfig, logs and state. */
  folder: string;
  /** Names its bridge and its cgroup. */
  id: string;
  nodeName: string;
  nodeIp: string;
  /** The pods' network, such as 10.77.3.0/24. */
  podSubnet: string;
  bridge: string;
  cgroup: string;
  ports: Record<
    'etcd' | 'etcdPeer' | 'apiserver' | 'controllerManager' | 'scheduler' | 'kubelet' | 'kubeletHealth',
    number
  >;
}

export const file = (layout: { folder: string }, ...parts: string[]): string => join(layout.folder, ...parts);

/** Chooses free ports, a free subnet and an id. Throws UserError where the machine has no address but loopback. */
export async function chooseLayout(folder: string): Promise<Layout> {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.family === 'IPv4');
  // The kubelet refuses a loopback address for its node.
  const nodeIp = addresses.find((one) => one && !one.internal)?.address;
  if (!nodeIp) throw new UserError('The node needs an IPv4 address other than 127.0.0.1, and this machine has none.');
  const taken = new Set(addresses.map((one) => one?.address.split('.').slice(0, 3).join('.')));
  const id = randomBytes(3).toString('hex');
  let prefix: string;
  do prefix = `10.${64 + (randomBytes(1)[0]! % 128)}.${randomBytes(1)[0]}`;
  while (taken.has(prefix));
  const [etcd, etcdPeer, apiserver, controllerManager, scheduler, kubelet, kubeletHealth] = await freePorts(7);
  return {
    folder,
    id,
    nodeName: `node-${id}`,
    nodeIp,
    podSubnet: `${prefix}.0/24`,
    // Linux allows 15 characters.
    bridge: `asyncapi-${id}`,
    cgroup: `async-api-${id}`,
    ports: {
      etcd: etcd!,
      etcdPeer: etcdPeer!,
      apiserver: apiserver!,
      controllerManager: controllerManager!,
      scheduler: scheduler!,
      kubelet: kubelet!,
      kubeletHealth: kubeletHealth!,
    },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
