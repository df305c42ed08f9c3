import { mkdir, rm, writeFile } from 'node:fs/promises';
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

/** A Kubernetes that is up, however it came to be. */
export interface Cluster {
  /** Path of the administrator's kubeconfig, and the context in it where it is not the current one. */
  kubeconfig: string;
  context?: string;
  /** The name under which the cluster has the job image. */
  jobImage: string;
  /** A kubectl that fits, where one was built. */
  kubectl?: string;
  /** Its processes, where they are ours: fault tests end them and start them again. */
  components?: readonly Component[];
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /**
   * Whether pods reach the API server and Services, and this machine pods and Services. The cluster then has a network of its
   * own, from which no registry is reached.
   */
  services?: boolean;
  /** What it has of images besides the job image. */
  images?: ImageContent[];
}

/** Why this machine can have no embedded cluster, whatever is installed; undefined where it can. */
export const whyNotEmbedded = (): string | undefined =>
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'the embedded cluster needs Linux and root';

export const JOB_IMAGE = 'docker.io/async-api/job-image:embedded';

/**
 * A real Kubernetes with one node on this machine, its files in `folder`. `onDeath` hears of a component that died, with
 * the tail of its log. Rejects with a sentence that says what to do; then nothing is left running.
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
  // Again: a build takes minutes.
  await refuseSecond(folder);
  await progress.step('Clean up what an earlier run left', () => cleanUp(folder));
  await rm(join(folder, 'logs'), { recursive: true, force: true });
  await mkdir(join(folder, 'logs'), { recursive: true });
  const layout = await chooseLayout(folder, services);
  await writeFile(layoutFile(folder), JSON.stringify(layout, null, 2));

  const components: Component[] = [];
  const start = { binaries, onDeath, started: (component: Component) => void components.push(component) };
  const stop = async () => {
    // In the reverse order of their start: what depends on others ends first.
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

/** Throws UserError where another process runs a cluster in that folder. */
async function refuseSecond(folder: string): Promise<void> {
  const left = await leftLayout(folder);
  // Earlier versions of this program did not write down their process.
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
