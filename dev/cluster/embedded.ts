import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCluster } from './build.ts';
import { cleanUp, layoutFile, leftLayout } from './clean.ts';
import type { Component } from './component.ts';
import { clientKubeconfig, serverUrl, startApiServer, startControllers } from './control-plane.ts';
import { UserError } from './errors.ts';
import { type ImageContent, jobImage, ociArchive } from './image.ts';
import { runsElsewhere } from './launcher.ts';
import { apiServerIp, chooseLayout, file, type Layout } from './layout.ts';
import { createNetwork, needNetworkTools, startKubeProxy } from './network.ts';
import { PAUSE_IMAGE, startContainerd, startKubelet } from './node.ts';
import { writePki } from './pki.ts';
import { poll } from './poll.ts';
import type { Progress } from './progress.ts';
import { run } from './run.ts';

/** A running Kubernetes cluster. */
export interface Cluster {
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  /** The context to use, if not the current one. */
  context?: string;
  /** The job image's name in the cluster. */
  jobImage: string;
  /** Path of a kubectl of the same version, if one was built. */
  kubectl?: string;
  /** The processes of an embedded cluster, which chaos tests stop and start. */
  components?: readonly Component[];
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /**
   * Whether pods and this machine reach Services, pods and the API server. The cluster then has its own network, which reaches
   * no registry.
   */
  services?: boolean;
  /** Images to load besides the job image. */
  images?: ImageContent[];
}

/** Why this machine cannot run an embedded cluster, whatever is installed; undefined if it can. */
export const whyNotEmbedded = (): string | undefined =>
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'the embedded cluster needs Linux and root';

export const JOB_IMAGE = 'registry.invalid/async-api/job-image:embedded';

/**
 * Starts a real Kubernetes with one node on this machine, its files in `folder`. If a component ends unexpectedly, `onDeath`
 * gets a sentence with the end of its log. Rejects with a sentence that says what to do, and then leaves nothing running.
 */
export async function startEmbedded(
  folder: string,
  progress: Progress,
  onDeath: (why: string) => void,
  { services = false, images = [] }: EmbeddedOptions = {},
): Promise<Cluster> {
  const why = whyNotEmbedded();
  if (why) {
    throw new UserError(
      `There is no embedded cluster here: ${why}. Start a Docker engine, or use a cluster of your own: ` +
        'npm start -- --context NAME',
    );
  }
  await refuseSecond(folder);
  if (services) await needNetworkTools();
  const binaries = await buildCluster(progress);
  // Again, since a build takes minutes.
  await refuseSecond(folder);
  await progress.step('Clean up what an earlier run left', () => cleanUp(folder));
  await rm(join(folder, 'logs'), { recursive: true, force: true });
  await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  // The folder may exist already.
  await chmod(folder, 0o700);
  const layout = await chooseLayout(folder, services);
  await writeFile(layoutFile(folder), JSON.stringify(layout, null, 2), { mode: 0o600 });

  const components: Component[] = [];
  const start = { binaries, onDeath, started: (component: Component) => void components.push(component) };
  const stop = async () => {
    // In the reverse order of the start, since later components depend on earlier ones.
    for (const component of components.toReversed()) await component.stop();
    await cleanUp(folder, layout.id);
  };
  try {
    const archives = Promise.all([
      jobImage(JOB_IMAGE).then(ociArchive),
      ociArchive({ name: PAUSE_IMAGE, layers: [{ '/pause': join(binaries, 'pause') }], entrypoint: ['/pause'] }),
      ...images.map(ociArchive),
    ]);
    await progress.step('Start etcd, kube-apiserver and containerd', async () => {
      await createNetwork(layout);
      await writePki(file(layout, 'pki'), layout.nodeName, [layout.nodeIp, apiServerIp(layout)]);
      await Promise.all([startApiServer(layout, start), startContainerd(layout, start, archives)]);
    });
    const kubeconfig = await clientKubeconfig(layout, 'admin', file(layout, 'kubeconfig'));
    await progress.step('Start kube-controller-manager, kube-scheduler and kubelet', async () => {
      await Promise.all([startControllers(layout, start), startKubelet(layout, start)]);
      await nodeReady(layout, binaries, kubeconfig);
      if (services) await startKubeProxy(layout, start);
    });
    return { kubeconfig, jobImage: JOB_IMAGE, kubectl: join(binaries, 'kubectl'), components, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Rejects with UserError if another process runs a cluster in that folder. */
async function refuseSecond(folder: string): Promise<void> {
  const left = await leftLayout(folder);
  // Layouts of earlier versions have no launcher.
  if (left?.launcher && (await runsElsewhere(left.launcher))) {
    throw new UserError(
      `Process ${left.launcher.pid} of this checkout runs a cluster already. End it with Ctrl-C where it runs, or with: npm run cluster:stop`,
    );
  }
}

async function nodeReady(layout: Layout, binaries: string, kubeconfig: string): Promise<void> {
  const query = ['get', 'node', layout.nodeName, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
  const isReady = async () => {
    const status = await run(join(binaries, 'kubectl'), ['--kubeconfig', kubeconfig, ...query]).catch(() => '');
    return status === 'True' || undefined;
  };
  if (await poll(isReady, { deadlineMs: 60_000, intervalMs: 200 })) return;
  throw new Error(`The node is not Ready after 60 s at ${serverUrl(layout)}; see ${file(layout, 'logs/kubelet.log')}`);
}
