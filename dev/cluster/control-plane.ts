import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answersOk, Component } from './component.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { file, inNetwork, type Layout } from './layout.ts';

/** What the start of a component needs besides the layout. */
export interface Start {
  /** The folder of the binaries. */
  binaries: string;
  /** Called when it ends unexpectedly, with a sentence and the end of its log. */
  onDeath: (why: string) => void;
  /** Called when it has started, so that it will be stopped. */
  started: (component: Component) => void;
}

/** Starts the binary of that name in the cluster's network. */
export function startComponent(
  layout: Layout,
  start: Start,
  name: string,
  args: string[],
  env?: Record<string, string>,
): Component {
  const component = new Component(name, [...inNetwork(layout), join(start.binaries, name), ...args], {
    logs: file(layout, 'logs'),
    onDeath: start.onDeath,
    ...(env ? { env } : {}),
  });
  start.started(component);
  return component;
}

const pki = (layout: Layout, name: string) => file(layout, 'pki', name);
const tlsFiles = (layout: Layout) => [
  `--tls-cert-file=${pki(layout, 'server.crt')}`,
  `--tls-private-key-file=${pki(layout, 'server.key')}`,
];

/** Starts etcd, then kube-apiserver. Resolves when `/readyz` answers 200. Needs the PKI. */
export async function startApiServer(layout: Layout, start: Start): Promise<void> {
  const { host, ports } = layout;
  const ca = await readFile(pki(layout, 'ca.crt'));
  const server = {
    ca,
    cert: await readFile(pki(layout, 'server.crt')),
    key: await readFile(pki(layout, 'server.key')),
  };
  const etcdUrl = `https://${host}:${ports.etcd}`;
  const peerUrl = `https://${host}:${ports.etcdPeer}`;
  const etcd = startComponent(layout, start, 'etcd', [
    `--data-dir=${file(layout, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--client-cert-auth',
    `--trusted-ca-file=${pki(layout, 'ca.crt')}`,
    `--cert-file=${pki(layout, 'server.crt')}`,
    `--key-file=${pki(layout, 'server.key')}`,
    // A cluster of one member has no peers, but the peer port takes writes too.
    '--peer-client-cert-auth',
    `--peer-trusted-ca-file=${pki(layout, 'ca.crt')}`,
    `--peer-cert-file=${pki(layout, 'server.crt')}`,
    `--peer-key-file=${pki(layout, 'server.key')}`,
    // The cluster does not outlive the machine's uptime, so it need not survive a power cut.
    '--unsafe-no-fsync',
  ]);
  await etcd.healthy(() => answersOk(`${etcdUrl}/health`, server));

  const apiserver = startComponent(layout, start, 'kube-apiserver', [
    `--etcd-servers=${etcdUrl}`,
    `--etcd-cafile=${pki(layout, 'ca.crt')}`,
    `--etcd-certfile=${pki(layout, 'server.crt')}`,
    `--etcd-keyfile=${pki(layout, 'server.key')}`,
    `--bind-address=${host}`,
    `--secure-port=${ports.apiserver}`,
    `--advertise-address=${layout.nodeIp}`,
    `--client-ca-file=${pki(layout, 'ca.crt')}`,
    ...tlsFiles(layout),
    `--kubelet-certificate-authority=${pki(layout, 'ca.crt')}`,
    `--kubelet-client-certificate=${pki(layout, 'apiserver-kubelet-client.crt')}`,
    `--kubelet-client-key=${pki(layout, 'apiserver-kubelet-client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki(layout, 'service-account.pub')}`,
    `--service-account-signing-key-file=${pki(layout, 'service-account.key')}`,
    `--service-cluster-ip-range=${layout.serviceSubnet}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
  ]);
  await apiserver.healthy(() => answersOk(`${serverUrl(layout)}/readyz`, { ca }));
}

export const serverUrl = (layout: Layout): string => `https://${layout.host}:${layout.ports.apiserver}`;

/** Writes a kubeconfig for a client of the PKI, by default to `<name>.kubeconfig`. Returns its path. */
export async function clientKubeconfig(
  layout: Layout,
  name: string,
  path = file(layout, `${name}.kubeconfig`),
): Promise<string> {
  await writeKubeconfig(path, serverUrl(layout), await readFile(pki(layout, 'ca.crt'), 'utf8'), {
    certificate: pki(layout, `${name}.crt`),
    key: pki(layout, `${name}.key`),
  });
  return path;
}

/**
 * Starts kube-controller-manager and kube-scheduler. Resolves when both are healthy. With their default limit of 20 requests a
 * second, a Job would get about eight pods a second.
 */
export async function startControllers(layout: Layout, start: Start): Promise<void> {
  const ca = await readFile(pki(layout, 'ca.crt'));
  const common = async (name: string, port: number) => {
    const kubeconfig = await clientKubeconfig(layout, name);
    return [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      `--bind-address=${layout.host}`,
      `--secure-port=${port}`,
      ...tlsFiles(layout),
      '--kube-api-qps=300',
      '--kube-api-burst=600',
      '--leader-elect=false',
    ];
  };
  const manager = startComponent(layout, start, 'kube-controller-manager', [
    ...(await common('controller-manager', layout.ports.controllerManager)),
    `--service-account-private-key-file=${pki(layout, 'service-account.key')}`,
    `--root-ca-file=${pki(layout, 'ca.crt')}`,
    '--use-service-account-credentials',
    '--concurrent-job-syncs=20',
  ]);
  const scheduler = startComponent(layout, start, 'kube-scheduler', await common('scheduler', layout.ports.scheduler));
  await Promise.all([
    manager.healthy(() => answersOk(`https://${layout.host}:${layout.ports.controllerManager}/healthz`, { ca })),
    scheduler.healthy(() => answersOk(`https://${layout.host}:${layout.ports.scheduler}/healthz`, { ca })),
  ]);
}
