import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { clientKubeconfig, type Start, startComponent } from './control-plane.ts';
import { UserError } from './errors.ts';
import { file, type Layout } from './layout.ts';
import { run } from './run.ts';

/** Throws UserError if a tool is missing that only a cluster with Services needs. */
export async function needNetworkTools(): Promise<void> {
  const missing: string[] = [];
  for (const tool of ['nft', 'nsenter', 'unshare']) await run(tool, ['--version']).catch(() => missing.push(tool));
  if (missing.length === 0) return;
  throw new UserError(
    `For Services in the embedded cluster, ${missing.join(', ')} must be installed (on Debian: ` +
      'apt-get install nftables util-linux).',
  );
}

/**
 * Creates the cluster's own network, if the layout has one, and a veth pair through which the machine reaches pods and
 * Services. A file in the cluster's folder holds the namespace: the clean-up unmounts it, which deletes everything in it.
 * Without one, it creates the bridge, whose address is the node's.
 */
export async function createNetwork(layout: Layout): Promise<void> {
  const { network, nodeIp, bridge } = layout;
  const outside = (...args: string[]) => run('ip', args);
  if (!network) {
    await outside('link', 'add', bridge, 'type', 'bridge');
    await outside('address', 'add', `${nodeIp}/24`, 'dev', bridge);
    await outside('link', 'set', bridge, 'up');
    return;
  }
  const { namespace, cable, gateway } = network;
  const inside = (...args: string[]) => run('nsenter', [`--net=${namespace}`, 'ip', ...args]);
  await writeFile(namespace, '');
  await run('unshare', [`--net=${namespace}`, 'true']);
  await outside('link', 'add', cable, 'type', 'veth', 'peer', 'name', cable, 'netns', namespace);
  await outside('address', 'add', `${gateway}/24`, 'dev', cable);
  await outside('link', 'set', cable, 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${nodeIp}/24`, 'dev', cable);
  await inside('link', 'set', cable, 'up');
  await inside('route', 'add', 'default', 'via', gateway);
  for (const subnet of [layout.podSubnet, layout.serviceSubnet]) await outside('route', 'add', subnet, 'via', nodeIp);
}

/** Starts kube-proxy. Only in a cluster's own network: the names of its rules are the same in all clusters. */
export async function startKubeProxy(layout: Layout, start: Start): Promise<void> {
  const path = file(layout, 'kube-proxy.yaml');
  await writeFile(path, stringify(await kubeProxyConfig(layout)));
  const proxy = startComponent(layout, start, 'kube-proxy', [`--config=${path}`]);
  const health = `http://${layout.host}:${layout.ports.kubeProxyHealth}/healthz`;
  await proxy.healthy(async () => (await fetch(health)).ok);
}

const kubeProxyConfig = async (layout: Layout) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  // Pods share a bridge: without masquerading, an answer would skip the node and its address translation.
  nftables: { masqueradeAll: true },
  clientConnection: { kubeconfig: await clientKubeconfig(layout, 'kube-proxy') },
  hostnameOverride: layout.nodeName,
  healthzBindAddress: `${layout.host}:${layout.ports.kubeProxyHealth}`,
  // Do not change the machine's limits.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
});
