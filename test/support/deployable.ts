import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startEmbedded } from '../../dev/cluster/embedded.ts';
import { buildIngressController, startIngressController } from '../../dev/cluster/ingress.ts';
import { accountToken } from '../../dev/cluster/install.ts';
import type { Progress } from '../../dev/cluster/progress.ts';
import { run } from '../../dev/cluster/run.ts';
import { createClient } from '../../kube/client.ts';
import { endpoint } from '../fault-proxy/kubeconfig.ts';
import { productImages } from './product-images.ts';

const INGRESS_RIGHTS = join(import.meta.dirname, '../in-cluster/ingress-controller.yaml');

/** A cluster with the product's images and an ingress controller, before its manifests are applied. */
export interface Deployable extends Cluster {
  /** Address of the ingress controller. */
  ingressUrl: string;
  /** Its address for TLS. */
  secureIngressUrl: string;
}

/** Starts the embedded cluster with Services, and Traefik; its files go into `folder`. */
export async function startDeployable(
  folder: string,
  progress: Progress,
  onDeath: (why: string) => void,
): Promise<Deployable> {
  const traefik = await buildIngressController(progress);
  const programs = await mkdtemp(join(tmpdir(), 'async-api-programs-'));
  let cluster: Cluster;
  try {
    const images = await progress.step('Bundle the API and the controller', () => productImages(programs));
    cluster = await startEmbedded(folder, progress, onDeath, { services: true, images });
  } finally {
    await rm(programs, { recursive: true, force: true });
  }
  try {
    const ingress = await progress.step('Start Traefik', async () => {
      await run(cluster.kubectl!, ['--kubeconfig', cluster.kubeconfig, 'apply', '-f', INGRESS_RIGHTS]);
      const client = await createClient(cluster);
      const token = await accountToken(client, 'ingress', 'traefik').finally(() => client.close());
      return startIngressController(traefik, { ...endpoint(cluster.kubeconfig), token }, folder, onDeath);
    });
    const stop = async () => {
      await ingress.stop();
      await cluster.stop();
    };
    return { ...cluster, ingressUrl: ingress.url, secureIngressUrl: ingress.secureUrl, stop };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
