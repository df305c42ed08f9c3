import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createCgroup } from './cgroup.ts';
import { clientKubeconfig, type Start, startComponent } from './control-plane.ts';
import { file, type Layout } from './layout.ts';
import { run } from './run.ts';

export const PAUSE_IMAGE = 'registry.invalid/async-api/pause:embedded';

const socket = (layout: Layout) => file(layout, 'containerd.sock');
/** containerd and the kubelet look up runc, the shim and `ctr` in PATH: ours come first. */
const withBinaries = (start: Start) => ({ PATH: `${start.binaries}:${process.env.PATH}` });

/** Starts containerd and imports these OCI archives. */
export async function startContainerd(layout: Layout, start: Start, archives: Promise<string[]>): Promise<void> {
  await mkdir(file(layout, 'cni'), { recursive: true, mode: 0o700 });
  await writeFile(file(layout, 'cni', '10-bridge.conflist'), JSON.stringify(network(layout), null, 2));
  await writeFile(file(layout, 'containerd.toml'), containerdConfig(layout, start.binaries));
  const containerd = startComponent(
    layout,
    start,
    'containerd',
    ['--config', file(layout, 'containerd.toml')],
    withBinaries(start),
  );
  const ctr = (...args: string[]) => run(join(start.binaries, 'ctr'), ['-a', socket(layout), '-n', 'k8s.io', ...args]);
  await containerd.healthy(async () => existsSync(socket(layout)) && (await ctr('version')) !== '');
  for (const archive of await archives) await ctr('images', 'import', archive);
}

/** Starts the kubelet. The node becomes Ready a moment later. */
export async function startKubelet(layout: Layout, start: Start): Promise<void> {
  await createCgroup(layout.cgroup);
  await writeFile(file(layout, 'kubelet.yaml'), stringify(kubeletConfig(layout)));
  const kubelet = startComponent(
    layout,
    start,
    'kubelet',
    [
      `--config=${file(layout, 'kubelet.yaml')}`,
      `--kubeconfig=${await clientKubeconfig(layout, 'kubelet')}`,
      `--root-dir=${file(layout, 'kubelet')}`,
      `--cert-dir=${file(layout, 'kubelet-pki')}`,
      `--hostname-override=${layout.nodeName}`,
      `--node-ip=${layout.nodeIp}`,
    ],
    withBinaries(start),
  );
  await kubelet.healthy(async () => (await fetch(`http://${layout.host}:${layout.ports.kubeletHealth}/healthz`)).ok);
}

const network = (layout: Layout) => ({
  cniVersion: '1.0.0',
  name: layout.bridge,
  plugins: [
    {
      type: 'bridge',
      bridge: layout.bridge,
      isGateway: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: layout.podSubnet }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: file(layout, 'cni-addresses'),
      },
    },
  ],
});

const containerdConfig = (layout: Layout, binaries: string) => `version = 3
root = "${file(layout, 'containerd')}"
state = "${file(layout, 'containerd-state')}"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "${socket(layout)}"
[ttrpc]
  address = "${socket(layout)}.ttrpc"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "${PAUSE_IMAGE}"
[plugins."io.containerd.cri.v1.runtime"]
  # Without CAP_SYS_RESOURCE runc cannot lower a score, and fails.
  restrict_oom_score_adj = true
  # The clean-up unmounts what is below the cluster's folder.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["${binaries}"]
    conf_dir = "${file(layout, 'cni')}"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      BinaryName = "${join(binaries, 'runc')}"
      SystemdCgroup = false
[plugins."io.containerd.internal.v1.opt"]
  path = "${file(layout, 'containerd-opt')}"
`;

const kubeletConfig = (layout: Layout) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: layout.nodeIp,
  port: layout.ports.kubelet,
  healthzBindAddress: layout.host,
  healthzPort: layout.ports.kubeletHealth,
  tlsCertFile: file(layout, 'pki', 'server.crt'),
  tlsPrivateKeyFile: file(layout, 'pki', 'server.key'),
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: file(layout, 'pki', 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  containerRuntimeEndpoint: `unix://${socket(layout)}`,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${layout.cgroup}`,
  failCgroupV1: false,
  failSwapOn: false,
  localStorageCapacityIsolation: false,
  podLogsDir: file(layout, 'pod-logs'),
  // Evict no pods because the developer's disk is full.
  evictionHard: { 'nodefs.available': '0%', 'imagefs.available': '0%', 'nodefs.inodesFree': '0%' },
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  resolvConf: '',
  clusterDomain: 'cluster.local',
  maxPods: 250,
  fileCheckFrequency: '1m0s',
  nodeStatusUpdateFrequency: '4s',
  registryPullQPS: 0,
  eventRecordQPS: 0,
  kubeAPIQPS: 100,
  kubeAPIBurst: 200,
});
