import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type Launcher, thisLauncher } from './launcher.ts';

/** What differs between the embedded clusters of a machine: folder, names, addresses and ports. */
export interface Layout {
  /** Its folder: kubeconfig, logs and state. */
  folder: string;
  /** Part of the names of its bridge, its cgroup and its node. */
  id: string;
  launcher: Launcher;
  nodeName: string;
  nodeIp: string;
  /** Address of the control plane: loopback, or the node's in the cluster's own network. */
  host: string;
  /** The pods' network, such as 10.77.3.0/24. */
  podSubnet: string;
  /** The Services' network. */
  serviceSubnet: string;
  bridge: string;
  cgroup: string;
  /** The cluster's own network, if it has one. It keeps kube-proxy's rules from the machine and from other clusters. */
  network?: {
    /** The file that holds its Linux network namespace. */
    namespace: string;
    /** The veth pair to the machine, by the name of both ends. */
    cable: string;
    /** The machine's address at that pair. */
    gateway: string;
  };
  ports: Record<(typeof PORTS)[number], number>;
}

const PORTS = [
  'etcd',
  'etcdPeer',
  'apiserver',
  'controllerManager',
  'scheduler',
  'kubelet',
  'kubeletHealth',
  'kubeProxyHealth',
] as const;

export const file = (layout: { folder: string }, ...parts: string[]): string => join(layout.folder, ...parts);

/** The prefix of a command that runs in the cluster's network; empty for the machine's network. */
export const inNetwork = ({ network }: Layout): string[] => (network ? ['nsenter', `--net=${network.namespace}`] : []);

/** Chooses free ports, free subnets and an id. */
export async function chooseLayout(folder: string, ownNetwork: boolean): Promise<Layout> {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.family === 'IPv4');
  const taken = new Set(addresses.map((one) => one?.address.split('.').slice(0, 3).join('.')));
  const freePrefix = () => {
    for (;;) {
      const prefix = `10.${64 + (randomBytes(1)[0]! % 128)}.${randomBytes(1)[0]}`;
      if (!taken.has(prefix)) {
        taken.add(prefix);
        return prefix;
      }
    }
  };
  const id = randomBytes(3).toString('hex');
  const common = {
    folder,
    id,
    launcher: await thisLauncher(),
    nodeName: `node-${id}`,
    podSubnet: `${freePrefix()}.0/24`,
    serviceSubnet: `${freePrefix()}.0/24`,
    // At most 15 characters on Linux.
    bridge: `asyncapi-${id}`,
    cgroup: `async-api-${id}`,
    ports: await freePorts(PORTS),
  };
  if (ownNetwork) {
    const prefix = freePrefix();
    const [gateway, nodeIp] = [`${prefix}.1`, `${prefix}.2`];
    const network = { namespace: join(folder, 'network'), cable: `asyncnet-${id}`, gateway };
    return { ...common, nodeIp, host: nodeIp, network };
  }
  // The kubelet refuses a loopback address for its node, and the machine's address is open to other machines.
  return { ...common, nodeIp: bridgeIp(common), host: '127.0.0.1' };
}

/** The bridge's address, the first of the pods' network. */
export const bridgeIp = ({ podSubnet }: Pick<Layout, 'podSubnet'>): string => podSubnet.replace(/0\/24$/, '1');

/** The API server's Service address, the first of the subnet. */
export const apiServerIp = ({ serviceSubnet }: Layout): string => serviceSubnet.replace(/0\/24$/, '1');

/** A port for each name. Each was free a moment ago; another process may take it. */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(names.map(() => onFreePort()));
  const ports = servers.map((server, i) => [names[i], (server.address() as AddressInfo).port]);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(ports);
}

function onFreePort(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, () => resolve(server));
  });
}
