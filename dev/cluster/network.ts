import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { clientKubeconfig, type Start, startComponent } from './control-plane.ts';
import { UserError } from './errors.ts';
import { file, type Layout } from './layout.ts';
import { run } from './run.ts';

/** Throws UserError where a tool is missing that a cluster with Services needs besides. */
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
 * Makes the cluster's network, where it is to have its own, with a cable to the machine, which reaches pods and Services through it. A file of the cluster's folder holds
 * it, so that it ends with the clean-up's `umount`, and with it every bridge, route and rule in it.
 */
export async function createNetwork(layout: Layout): Promise<void> {
  const { network, nodeIp } = layout;
  if (!network) return;
  const { namespace, cable, gateway } = network;
  const outside = (...args: string[]) => run('ip', args);
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

/** kube-proxy, healthy. Only for a cluster with a network of its own: its rules have the same names everywhere. */
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
  // Two pods hang on one bridge: only an answer that must come back through the node is translated back.
  nftables: { masqueradeAll: true },
  clientConnection: { kubeconfig: await clientKubeconfig(layout, 'kube-proxy') },
  hostnameOverride: layout.nodeName,
  healthzBindAddress: `${layout.host}:${layout.ports.kubeProxyHealth}`,
  // The machine's own limits stay as they are.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
});
